"""Schemas of the answers, and the bodies that only single routes take."""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)

from reconciler.portal.actions.choices import OneOf
from reconciler.portal.actions.schemas import Activation as ActivationSettings
from reconciler.portal.actions.schemas import (
    Branding,
    ContactFields,
    CustomerFields,
    Id,
    Key,
    Languages,
    Line,
    Offers,
    Paragraph,
    Price,
    ServiceFields,
    StrictModel,
    described_limits,
    forbid_null,
    require,
)
from reconciler.portal.rules.principals import Actor
from reconciler.portal.rules.states import ContactStatus, CustomerStatus

T = TypeVar("T")


class Answer(BaseModel):
    """An answer; later versions may add members."""

    model_config = ConfigDict(extra="allow")


class ProblemDocument(Answer):
    """RFC 9457: why a request was refused."""

    type: str
    title: str
    status: int
    detail: str
    trace: str


class Applied(Answer):
    present: bool
    fields: dict[str, JsonValue]
    commit: str | None
    run: str | None
    at: str


class Touch(Answer):
    by: str
    actor: Annotated[str, OneOf(Actor)]
    at: str


class Removal(Answer):
    by: str
    actor: str
    at: str
    restorable_until: str
    reason: str
    with_customer: bool


class Managed(Answer):
    id: str
    version: int
    external_key: str | None
    owner: str | None
    applied: Applied | None
    touched: dict[str, Touch]


class Settings(Managed):
    sign_up: str
    languages: Languages
    offers: Offers
    branding: Branding
    activation: ActivationSettings
    last_commits: dict[str, str]


class Service(Managed):
    code: str
    name: str
    description: str | None
    template: str | None
    workflows: list[str]
    available_to_all: bool
    price: Price | None
    life: int


class Customer(Managed):
    name: str
    description: str | None
    language: str
    project_managers: list[str]
    services: list[str] | Literal["all"]
    email_domains: list[str]
    protected: bool
    status: Annotated[str, OneOf(CustomerStatus)]
    archived: Removal | None
    last_commit: str | None
    life: int


class RegistrationMark(Answer):
    id: str
    fingerprint: str | None


class Contact(Managed):
    customer: str | None
    customer_key: str | None
    name: str
    email: str
    role: str
    services: list[str] | Literal["all"]
    language: str | None
    protected: bool
    status: Annotated[str, OneOf(ContactStatus)]
    life: int
    generation: int
    removed: Removal | None
    registration: RegistrationMark | None


class Page(Answer, Generic[T]):
    """One page of a list; `next` is the cursor of the next page."""

    items: list[T]
    next: str | None
    revision: int
    epoch: str


class OwnToken(Answer):
    """The caller's token: its scope, the only owner whose objects it writes, its end."""

    scope: str
    owner: str | None
    expires_at: str


class Meta(Answer):
    id: str
    epoch: str
    revision: int
    now: str
    version: str
    name: str
    head: str
    token: OwnToken


class HistoryEntry(Answer):
    revision: int
    seq: int
    at: str
    by: str
    actor: str
    what: str
    object: str
    id: str
    before: dict[str, JsonValue] | None
    after: dict[str, JsonValue] | None
    change: str | None
    run: str | None
    commit: str | None
    person: str | None
    digests: dict[str, str]
    hash: str
    erased: list[str]


class BatchResult(Answer):
    change: str
    id: str
    version: int


class BatchAnswer(Answer):
    revision: int
    results: list[BatchResult]


class NewLease(StrictModel):
    """The scopes to lease."""

    scopes: Annotated[
        list[
            Annotated[
                str,
                StringConstraints(
                    pattern=r"^(settings|customer:[a-z0-9]+(-[a-z0-9]+)*)$", max_length=80
                ),
            ]
        ],
        Field(min_length=1, max_length=100_000),
    ]
    id: Annotated[
        str | None,
        Field(
            pattern=r"^lea_[0-9a-f]{32}$",
            description="128 random bits that the caller chose; a repeated request "
            "with the same id gets the same lease.",
        ),
    ] = None
    ttl_s: Annotated[float, Field(gt=0, le=600, strict=False)] = 60
    holder: Line = "somebody"
    run: Line = "none"


class LeaseRenewal(StrictModel):
    token: int
    ttl_s: Annotated[float, Field(gt=0, le=600, strict=False)] = 60


class Lease(Answer):
    id: str
    token: int
    expires_in_s: float


class NewService(ServiceFields):
    """A service to create."""

    model_config = ConfigDict(json_schema_extra=described_limits("name"))

    code: Key

    @model_validator(mode="after")
    def complete(self) -> NewService:
        """Require a name."""
        require(self, "name")
        return self


class NewCustomer(CustomerFields):
    """A customer to create."""

    model_config = ConfigDict(json_schema_extra=described_limits("name"))

    @model_validator(mode="after")
    def complete(self) -> NewCustomer:
        """Require a name."""
        require(self, "name")
        return self


class ChangedCustomer(CustomerFields):
    """Fields of a customer to change."""

    model_config = ConfigDict(json_schema_extra=described_limits(never_null=("name",)))

    @model_validator(mode="after")
    def complete(self) -> ChangedCustomer:
        """Reject a null name."""
        forbid_null(self, "name")
        return self


class NewContact(ContactFields):
    """A contact to add to a customer."""

    model_config = ConfigDict(json_schema_extra=described_limits("name", "email", "role"))

    customer: Id

    @model_validator(mode="after")
    def complete(self) -> NewContact:
        """Require a name, an address and a role."""
        require(self, "name", "email", "role")
        return self


class ChangedContact(ContactFields):
    """Fields of a contact to change."""

    model_config = ConfigDict(
        json_schema_extra=described_limits(never_null=("name", "email", "role"))
    )

    @model_validator(mode="after")
    def complete(self) -> ChangedContact:
        """Reject a null name, address or role."""
        forbid_null(self, "name", "email", "role")
        return self


class Approval(ContactFields):
    """The customer and fields with which a registration is approved."""

    customer: Id | None = None


class WithReason(StrictModel):
    reason: Annotated[Paragraph, Field(max_length=500)] = "other"


class Offboarding(WithReason):
    work_to: Id | None = None


class Handover(StrictModel):
    work_to: Id


# The problems that any route may answer.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "model": ProblemDocument,
        "content": {"application/problem+json": {}},
        "description": "The request was refused; the problem says why",
    },
}
