"""The operations of a batch, one class each, as the contract defines them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, JsonValue, model_validator

from reconciler.portal.actions.schemas import (
    ContactFields,
    CustomerFields,
    Id,
    Key,
    Paragraph,
    ServiceFields,
    SettingsFields,
    StrictModel,
    forbid_null,
    require,
)

# JSON numbers are exact in every program up to 2**53 (RFC 8259, 6).
Version: TypeAlias = Annotated[int, Field(ge=0, le=2**53)]
Reason: TypeAlias = Annotated[Paragraph, Field(max_length=500)]


class AppliedIn(StrictModel):
    """The object as in the files, stored as sent."""

    present: bool
    fields: Annotated[dict[str, JsonValue], Field(max_length=50)]


class Reference(StrictModel):
    """A reference to an object by its id (with an optional version to compare) or by its keys."""

    id: Id | None = None
    version: Version | None = None
    customer: Key | None = None
    key: Key | None = None

    @model_validator(mode="after")
    def one_way(self) -> Reference:
        """Require an id or a key, not both."""
        if (self.id is None) == (self.customer is None):
            raise ValueError("give either 'id' or 'customer', not both")
        return self


class Operation(StrictModel):
    """The common members of operations, such as the id of the change."""

    change: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[!-~]+$")]
    applied: AppliedIn | None = None


class Write(Operation):
    """An operation on an existing row, which must have this version."""

    id: Id
    version: Version


class SettingsWrite(Operation):
    """An operation that writes the settings and makes them managed."""

    version: Version
    fields: SettingsFields = SettingsFields()


class UpdateSettings(SettingsWrite):
    op: Literal["update_settings"]


class AdoptSettings(SettingsWrite):
    op: Literal["adopt_settings"]


class CreateService(Operation):
    op: Literal["create_service"]
    key: Key
    fields: ServiceFields

    @model_validator(mode="after")
    def complete(self) -> CreateService:
        """Require a name."""
        require(self.fields, "name")
        return self


class ServiceWrite(Write):
    """An operation that writes fields of a service and makes it managed."""

    key: Key
    fields: ServiceFields = ServiceFields()


class UpdateService(ServiceWrite):
    op: Literal["update_service"]


class AdoptService(ServiceWrite):
    op: Literal["adopt_service"]


class RenameService(Write):
    op: Literal["rename_service"]
    key: Key


class RemoveService(Write):
    op: Literal["remove_service"]


class CreateCustomer(Operation):
    op: Literal["create_customer"]
    key: Key
    fields: CustomerFields

    @model_validator(mode="after")
    def complete(self) -> CreateCustomer:
        """Require a name."""
        require(self.fields, "name")
        return self


class CustomerWrite(Write):
    """An operation that writes fields of a customer."""

    fields: CustomerFields = CustomerFields()

    @model_validator(mode="after")
    def complete(self) -> CustomerWrite:
        """Reject a null name."""
        forbid_null(self.fields, "name")
        return self


class UpdateCustomer(CustomerWrite):
    op: Literal["update_customer"]


class RenameCustomer(Write):
    op: Literal["rename_customer"]
    key: Key


class AdoptCustomer(CustomerWrite):
    op: Literal["adopt_customer"]
    key: Key


class ArchiveCustomer(Write):
    op: Literal["archive_customer"]
    reason: Reason = "other"


class RestoreCustomer(CustomerWrite):
    op: Literal["restore_customer"]


class ReleaseCustomer(Write):
    op: Literal["release_customer"]


class ContactWrite(Write):
    """An operation that writes fields of a contact."""

    fields: ContactFields = ContactFields()

    @model_validator(mode="after")
    def complete(self) -> ContactWrite:
        """Reject a null name, address or role."""
        forbid_null(self.fields, "name", "email", "role")
        return self


class CreateContact(Operation):
    op: Literal["create_contact"]
    customer: Reference
    key: Key
    # the largest integer of the column in PostgreSQL
    generation: Annotated[int, Field(ge=1, le=2**31 - 1)] = 1
    fields: ContactFields

    @model_validator(mode="after")
    def complete(self) -> CreateContact:
        """Require a name, an address and a role."""
        require(self.fields, "name", "email", "role")
        return self


class ApproveRegistration(Operation):
    op: Literal["approve_registration"]
    registration: Id
    fingerprint: Annotated[str, Field(max_length=80)]
    version: Version
    customer: Reference
    key: Key
    fields: ContactFields = ContactFields()


class RejectRegistration(Operation):
    op: Literal["reject_registration"]
    registration: Id
    version: Version
    reason: Reason = "other"


class AdoptContact(ContactWrite):
    op: Literal["adopt_contact"]
    key: Key


class UpdateContact(ContactWrite):
    op: Literal["update_contact"]


class ChangeRole(ContactWrite):
    op: Literal["change_role"]


class ChangeEmail(ContactWrite):
    op: Literal["change_email"]


class RenameContact(Write):
    op: Literal["rename_contact"]
    key: Key


class HandOverWork(Write):
    op: Literal["hand_over_work"]
    work_to: Reference


class RemoveContact(Write):
    op: Literal["remove_contact"]
    work_to: Reference | None = None
    reason: Reason = "other"


class RestoreContact(ContactWrite):
    op: Literal["restore_contact"]


class ReleaseContact(Write):
    op: Literal["release_contact"]


class Record(Write):
    op: Literal["record"]
    object: Literal["settings", "service", "customer", "contact"]


class RebaseHistory(Write):
    """Has no effect of its own: every batch stores its commit at the rows that it writes."""

    op: Literal["rebase_history"]
    object: Literal["settings", "customer"]


AnyOperation: TypeAlias = Annotated[
    UpdateSettings
    | AdoptSettings
    | CreateService
    | UpdateService
    | AdoptService
    | RenameService
    | RemoveService
    | CreateCustomer
    | UpdateCustomer
    | RenameCustomer
    | AdoptCustomer
    | ArchiveCustomer
    | RestoreCustomer
    | ReleaseCustomer
    | CreateContact
    | ApproveRegistration
    | RejectRegistration
    | AdoptContact
    | UpdateContact
    | ChangeRole
    | ChangeEmail
    | RenameContact
    | HandOverWork
    | RemoveContact
    | RestoreContact
    | ReleaseContact
    | Record
    | RebaseHistory,
    Field(discriminator="op"),
]


class ExpectedRow(StrictModel):
    """A row that must exist in this version."""

    kind: Literal["settings", "service", "customer", "contact"]
    id: Id
    version: Version


class ExpectedPeople(StrictModel):
    """Nobody at these customers (None: at any) was added, restored or changed in rights."""

    customers: Annotated[list[Id], Field(max_length=20_000)] | None
    revision: Version


class Expectations(StrictModel):
    """The planner's assumptions; checked before the first operation."""

    rows: Annotated[list[ExpectedRow], Field(default_factory=list, max_length=20_000)]
    people: ExpectedPeople | None = None


class Batch(StrictModel):
    """Operations that are applied together or not at all."""

    lease: Id
    token: int
    owner: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
    run: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{7,64}$")] | None = None
    expects: Expectations | None = None
    # `web.body_validation.MAX_SYMBOLS_OF_BATCH` follows from this number and the expected rows
    operations: Annotated[list[AnyOperation], Field(min_length=1, max_length=20_000)]


def kind_of(operation: Operation) -> str:
    """Return the kind of row that an operation writes."""
    match operation:
        case Record() | RebaseHistory():
            return operation.object
        case ServiceWrite() | RenameService() | RemoveService() | CreateService():
            return "service"
        case SettingsWrite():
            return "settings"
        case (
            CustomerWrite()
            | RenameCustomer()
            | ArchiveCustomer()
            | ReleaseCustomer()
            | CreateCustomer()
        ):
            return "customer"
        case _:
            return "contact"
