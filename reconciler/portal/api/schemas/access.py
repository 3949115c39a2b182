"""Bodies and answers of signing up, logging in, one's own account, and the provider's people."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from reconciler.portal.actions.choices import OneOf
from reconciler.portal.actions.schemas import (
    OwnFields,
    StaffFields,
    StrictModel,
    described_limits,
    forbid_null,
    require,
)
from reconciler.portal.api.schemas.resources import Shown, Touch
from reconciler.portal.rules.roles import StaffKind
from reconciler.portal.rules.states import StaffStatus


def _whole(text: str) -> str:
    if any(unicodedata.category(character) == "Cs" for character in text):
        raise ValueError("half a character is no text")
    return text


Secret: TypeAlias = Annotated[str, Field(min_length=8, max_length=200), AfterValidator(_whole)]
Typed: TypeAlias = Annotated[str, Field(max_length=254), AfterValidator(_whole)]
"""What somebody types to log in; whatever it is, the answer is about the whole of it."""


class Neutral(Shown):
    """The answer that says nothing about an address: if there is something to say, a mail says it."""

    status: Literal["mailed"] = "mailed"


class Confirmation(StrictModel):
    """The secret of a confirming link."""

    secret: Secret


class Confirmed(Shown):
    """`waiting`: for an administrator. `invited`: the activation mail is on its way. `known`: access was there."""

    status: Literal["waiting", "invited", "known"]


class Activation(StrictModel):
    """The secret of a mailed link, and the password to set behind it."""

    secret: Secret
    password: Secret


class Login(StrictModel):
    email: Typed
    password: Typed


class Session(Shown):
    """Who is logged in: a contact, or one of the provider's people."""

    id: str
    token: str
    contact: str | None
    staff: str | None


class ChangedAccount(OwnFields):
    """Fields of one's own to change."""

    model_config = ConfigDict(json_schema_extra=described_limits(never_null=("name",)))

    @model_validator(mode="after")
    def complete(self) -> ChangedAccount:
        """The name must not be null."""
        forbid_null(self, "name")
        return self


class NewPassword(StrictModel):
    old: Typed
    new: Secret


class Staff(Shown):
    """One of the provider's people."""

    id: str
    version: int
    name: str
    email: str
    kind: Annotated[str, OneOf(StaffKind)]
    language: str
    status: Annotated[str, OneOf(StaffStatus)]
    touched: dict[str, Touch]


class NewStaff(StaffFields):
    """Somebody to invite."""

    model_config = ConfigDict(json_schema_extra=described_limits("name", "email", "kind"))

    @model_validator(mode="after")
    def complete(self) -> NewStaff:
        """One of the provider's people has a name, an address and a kind."""
        require(self, "name", "email", "kind")
        return self


class ChangedStaff(StaffFields):
    """Fields of one of the provider's people to change."""

    model_config = ConfigDict(json_schema_extra=described_limits(never_null=("name", "email", "kind", "language")))

    @model_validator(mode="after")
    def complete(self) -> ChangedStaff:
        """None of the fields can be emptied."""
        forbid_null(self, "name", "email", "kind", "language")
        return self


class RegistrationCode(Shown):
    """Whoever signs up with the code belongs to the customer."""

    registration_code: str
