"""Bodies and answers for sign-up, log-in, one's own account, and staff."""

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
from reconciler.portal.api.schemas.resources import Answer, Touch
from reconciler.portal.rules.roles import StaffKind
from reconciler.portal.rules.states import StaffStatus


def _whole(text: str) -> str:
    # JSON may contain one (\ud800), but it has no UTF-8 and so cannot be hashed or stored
    if any(unicodedata.category(character) == "Cs" for character in text):
        raise ValueError("the text contains an unpaired surrogate")
    return text


Secret: TypeAlias = Annotated[
    str, Field(min_length=8, max_length=200), AfterValidator(_whole)
]
# Text typed to log in; any text is accepted, and the answer is about the whole of it. 254: the
# longest address (RFC 5321, 4.5.3.1.3).
LoginText: TypeAlias = Annotated[str, Field(max_length=254), AfterValidator(_whole)]


class MailedAnswer(Answer):
    """The answer that reveals nothing about an address; details are in a mail."""

    status: Literal["mailed"] = "mailed"


class Confirmation(StrictModel):
    """The secret of a confirmation link."""

    secret: Secret


class Confirmed(Answer):
    """`waiting`: for an administrator. `invited`: mail was sent. `known`: access existed."""

    status: Literal["waiting", "invited", "known"]


class Activation(StrictModel):
    """The secret of a mailed link and the password to set."""

    secret: Secret
    password: Secret


class Login(StrictModel):
    email: LoginText
    password: LoginText


class Session(Answer):
    """A session of a contact or a staff member."""

    id: str
    token: str
    contact: str | None
    staff: str | None


class ChangedAccount(OwnFields):
    """One's own fields to change."""

    model_config = ConfigDict(json_schema_extra=described_limits(never_null=("name",)))

    @model_validator(mode="after")
    def complete(self) -> ChangedAccount:
        """Reject a null name."""
        forbid_null(self, "name")
        return self


class NewPassword(StrictModel):
    old: LoginText
    new: Secret


class Staff(Answer):
    """A staff member."""

    id: str
    version: int
    name: str
    email: str
    kind: Annotated[str, OneOf(StaffKind)]
    language: str
    status: Annotated[str, OneOf(StaffStatus)]
    touched: dict[str, Touch]


class NewStaff(StaffFields):
    """A staff member to invite."""

    model_config = ConfigDict(json_schema_extra=described_limits("name", "email", "kind"))

    @model_validator(mode="after")
    def complete(self) -> NewStaff:
        """Require a name, an address and a kind."""
        require(self, "name", "email", "kind")
        return self


class ChangedStaff(StaffFields):
    """Fields of a staff member to change."""

    model_config = ConfigDict(
        json_schema_extra=described_limits(never_null=("name", "email", "kind", "language"))
    )

    @model_validator(mode="after")
    def complete(self) -> ChangedStaff:
        """Reject null fields."""
        forbid_null(self, "name", "email", "kind", "language")
        return self


class RegistrationCode(Answer):
    """People who sign up with the code belong to the customer."""

    registration_code: str
