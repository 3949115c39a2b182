"""Requests, their files and their figures in the OpenAPI document; and the bodies of what can be done with them."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import Field, model_validator

from reconciler.portal.actions.choices import OneOf
from reconciler.portal.actions.request_schemas import Moment, Percent, RequestFields
from reconciler.portal.actions.schemas import Id, Language, Paragraph, StrictModel
from reconciler.portal.actions.uploads import MOST_FILES
from reconciler.portal.api.schemas.resources import Shown
from reconciler.portal.rules.requests import EVENTS
from reconciler.portal.rules.states import FileKind, RequestState
from reconciler.portal.rules.word_counts import CountState
from reconciler.portal.uploads.words import Reason

State: TypeAlias = Annotated[str, OneOf(RequestState)]

Why: TypeAlias = Annotated[Paragraph, Field(min_length=1, max_length=500)]
Uploads: TypeAlias = Annotated[list[Id], Field(max_length=MOST_FILES)]


class TranslationRequest(Shown):
    id: str
    version: int
    customer: str
    owner: str
    title: str
    state: State
    service: str | None
    source_language: str
    target_languages: list[str]
    deadline: str | None
    words: int | None
    cost: str | None
    currency: str | None
    expires_at: str | None
    progress: int
    reason: str | None
    accepted_at: str | None
    delivered_at: str | None


class NewRequest(RequestFields):
    """A request for translation. Without `owner` it is the sender's own; only the provider's tools name others."""

    owner: Id | None = None
    files: Uploads = Field(default_factory=list)
    reference_files: Uploads = Field(default_factory=list)


class ChangedRequest(StrictModel):
    """What the provider's tools correct about a request."""

    deadline: Moment | None = None

    @model_validator(mode="before")
    @classmethod
    def moves_by_events(cls, sent: Any) -> Any:
        """A problem for a `state`, which older callers send: it says by which events a state moves."""
        if isinstance(sent, dict) and "state" in sent:
            events = ", ".join(name for name, event in EVENTS.items() if event.operation)
            raise ValueError(f"a state moves by events: POST requests/ID/EVENT, with one of {events}")
        return sent


class Refusal(StrictModel):
    """Why there will be no quote, or no project."""

    reason: Why


class HowFar(StrictModel):
    progress: Percent


class DeliveredFile(StrictModel):
    """An upload, and the target language that it is in."""

    upload: Id
    language: Language


class Deliveries(StrictModel):
    """What is delivered."""

    files: Annotated[list[DeliveredFile], Field(min_length=1, max_length=MOST_FILES)]


class NewOwner(StrictModel):
    """Who looks after the request from now on."""

    owner: Id


class Upload(Shown):
    """A file that came, and its weighted `words`: null while they are counted, and where a person has to count them.

    `uncounted` says why a person has to.
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


class FilesOfRequest(Shown):
    """All files of a request, in one piece: there are at most a few dozen."""

    items: list[RequestFile]


class Figures(Shown):
    """Sums over some requests: `costs` by currency, `mean_days` from sending to delivery."""

    key: str
    name: str
    requests: int
    words: int
    costs: dict[str, str]
    delivered: int
    mean_days: float | None


class Period(Shown):
    first: str
    last: str


class Statistics(Shown):
    """The requests within reach that were sent in a period of days, by what tells them apart."""

    period: Period
    total: Figures
    months: list[Figures]
    services: list[Figures]
    languages: list[Figures]
    contacts: list[Figures]
