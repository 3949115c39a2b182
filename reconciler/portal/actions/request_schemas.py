"""Schemas of a request and its quote, shared by the API and the pages."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from reconciler.portal.actions.schemas import (
    Key,
    Language,
    Line,
    Paragraph,
    StrictModel,
    Workflow,
)
from reconciler.portal.store.clock import moment


def _of_the_calendar(text: str) -> str:
    # the pattern allows 30 February; this raises a ValueError for it
    moment(text)
    return text


def _whole(value: object) -> object:
    """Return a float without a fraction as an integer: JSON has one kind of number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Moment: TypeAlias = Annotated[
    str,
    Field(
        pattern=r"^[1-9]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
        r"T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$",
        json_schema_extra={"format": "date-time"},
        examples=["2026-11-23T16:00:00Z"],
    ),
    AfterValidator(_of_the_calendar),
]
Percent: TypeAlias = Annotated[int, Field(ge=0, le=100), BeforeValidator(_whole)]


class RequestFields(StrictModel):
    """The texts to translate, the service, the languages and the deadline."""

    title: Line
    service: Key | None = None
    workflow: Workflow = "pm_quote_manual"
    source_language: Language
    target_languages: Annotated[list[Language], Field(min_length=1, max_length=100)]
    deadline: Moment | None = None
    comment: Paragraph | None = None


class Terms(StrictModel):
    """The terms of a quote; a missing value keeps the counted or requested one.

    A `cost` of null is computed from the price.
    """

    words: Annotated[int, Field(ge=0, le=100_000_000), BeforeValidator(_whole)] | None = (
        None
    )
    cost: (
        Annotated[str, Field(max_length=15, pattern=r"^[0-9]{1,12}\.[0-9]{2}$")] | None
    ) = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    deadline: Moment | None = None
