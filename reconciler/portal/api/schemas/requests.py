"""Schemas of requests, their files and statistics, and the bodies of their events."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import Field, model_validator

from reconciler.portal.actions.choices import OneOf
from reconciler.portal.actions.request_schemas import Moment, Percent, RequestFields
from reconciler.portal.actions.schemas import Id, Language, Paragraph, StrictModel
from reconciler.portal.actions.uploads import MAX_FILES
from reconciler.portal.api.schemas.resources import Answer
from reconciler.portal.rules.requests import EVENTS
from reconciler.portal.rules.states import FileKind, RequestState
from reconciler.portal.rules.word_counts import CountState
from reconciler.portal.uploads.words import Reason

State: TypeAlias = Annotated[str, OneOf(RequestState)]

ReasonText: TypeAlias = Annotated[Paragraph, Field(min_length=1, max_length=500)]
Uploads: TypeAlias = Annotated[list[Id], Field(max_length=MAX_FILES)]


class TranslationRequest(Answer):
    """A request.

    `number` is short, for people. `requested_deadline` is the deadline that it was sent with.
    """

    id: str
    version: int
    number: int
    customer: str
    owner: str
    title: str
    state: State
    service: str | None
    source_language: str
    target_languages: list[str]
    deadline: str | None
    requested_deadline: str | None
    words: int | None
    cost: str | None
    currency: str | None
    expires_at: str | None
    progress: int
    reason: str | None
    accepted_at: str | None
    delivered_at: str | None


class NewRequest(RequestFields):
    """A request for translation. Only tokens name an `owner` other than the sender."""

    owner: Id | None = None
    files: Uploads = Field(default_factory=list)
    reference_files: Uploads = Field(default_factory=list)


class ChangedRequest(StrictModel):
    """Fields of a request that the provider's tools may change."""

    deadline: Moment | None = None

    # before the fields are checked, which would only say that `state` is unknown
    @model_validator(mode="before")
    @classmethod
    def reject_state(cls, value: Any) -> Any:
        """Reject a `state`, which older clients send, and name the events that change it."""
        if isinstance(value, dict) and "state" in value:
            events = ", ".join(name for name, event in EVENTS.items() if event.operation)
            raise ValueError(
                f"a state changes only by events: POST requests/ID/EVENT with one of {events}"
            )
        return value


class Refusal(StrictModel):
    """Why there is no quote or no project."""

    reason: ReasonText


class ProgressReport(StrictModel):
    progress: Percent


class DeliveredFile(StrictModel):
    """An upload and its target language."""

    upload: Id
    language: Language


class Deliveries(StrictModel):
    """The delivered files."""

    files: Annotated[list[DeliveredFile], Field(min_length=1, max_length=MAX_FILES)]


class NewOwner(StrictModel):
    """The new owner of the request."""

    owner: Id


class Upload(Answer):
    """An uploaded file; `words` is null until they are counted, or if a person has to count.

    `uncounted` says why a person has to count.
    """

    id: str
    name: str
    size: int
    sha256: str
    words: int | None
    count: Annotated[str, OneOf(CountState)]
    uncounted: Reason | None


class RequestFile(Upload):
    kind: Annotated[str, OneOf(FileKind)]
    language: str | None
    by: str
    created_at: str


class FilesOfRequest(Answer):
    """All files of a request in one answer: there are at most a few dozen."""

    items: list[RequestFile]


class OrderTotals(Answer):
    """Sums over the requests that are ordered: accepted, or without a quote to accept."""

    requests: int
    words: int
    costs: dict[str, str]


class RequestTotals(Answer):
    """Sums over requests: `costs` by currency, `mean_days` from sending to delivery."""

    key: str
    name: str
    requests: int
    words: int
    costs: dict[str, str]
    delivered: int
    mean_days: float | None
    orders: OrderTotals


class Period(Answer):
    first: str
    last: str


class Statistics(Answer):
    """The requests in scope that were sent in a period, in total and by several keys."""

    period: Period
    total: RequestTotals
    months: list[RequestTotals]
    services: list[RequestTotals]
    languages: list[RequestTotals]
    contacts: list[RequestTotals]
