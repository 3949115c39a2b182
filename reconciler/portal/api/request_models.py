"""Requests, their files and their figures in the OpenAPI document; and the bodies of what can be done with them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from reconciler.portal.acts.shapes import Id, Key, Language, Line, Paragraph, Shape, Workflow
from reconciler.portal.acts.uploads import MOST_FILES
from reconciler.portal.api.models import Shown
from reconciler.portal.files.words import Reason

State: TypeAlias = Literal["quote_pending", "quote_being_made", "quoted", "in_progress", "delivered", "cancelled"]
Moment: TypeAlias = Annotated[
    str, Field(pattern=r"^\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$")
]
Words: TypeAlias = Annotated[int, Field(ge=0, le=100_000_000)]
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


class NewRequest(Shape):
    """A request for translation. Without `owner` it is the sender's own; only the provider's tools name others."""

    owner: Id | None = None
    title: Line
    service: Key | None = None
    workflow: Workflow = "pm_quote_manual"
    source_language: Language
    target_languages: Annotated[list[Language], Field(min_length=1, max_length=100)]
    deadline: Moment | None = None
    comment: Paragraph | None = None
    files: Uploads = Field(default_factory=list)
    reference_files: Uploads = Field(default_factory=list)


class ChangedRequest(Shape):
    """What the provider's tools correct about a request."""

    state: State | None = None
    deadline: Moment | None = None


class Terms(Shape):
    """What a quote says; what is left out is as counted, priced and asked for."""

    words: Words | None = None
    cost: Annotated[str, Field(max_length=15, pattern=r"^[0-9]{1,12}\.[0-9]{2}$")] | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    deadline: Moment | None = None


class Refusal(Shape):
    """Why there will be no quote, or no project."""

    reason: Why


class HowFar(Shape):
    progress: Annotated[int, Field(ge=0, le=100)]


class DeliveredFile(Shape):
    """An upload, and the target language that it is in."""

    upload: Id
    language: Language


class Deliveries(Shape):
    """What is delivered."""

    files: Annotated[list[DeliveredFile], Field(min_length=1, max_length=MOST_FILES)]


class NewOwner(Shape):
    """Who looks after the request from now on."""

    owner: Id


class Upload(Shown):
    """A file that came; `words` are weighted, or null and `uncounted` says why a person has to count them."""

    id: str
    name: str
    size: int
    sha256: str
    words: int | None
    uncounted: Reason | None


class RequestFile(Upload):
    kind: Literal["source", "reference", "delivery"]
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
