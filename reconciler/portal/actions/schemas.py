"""The writable fields of each kind of row as callers may send them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, TypeAlias

import email_validator
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from reconciler.portal.actions.choices import OneOf
from reconciler.portal.rules import roles, states

KEY = r"^[a-z0-9]+(-[a-z0-9]+)*$"


# Characters that change the direction of following text, even beyond their own field.
_DIRECTION_MARKS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def _without_controls(text: str) -> str:
    # PostgreSQL stores no NUL, and unpaired surrogates (Cs) have no UTF-8
    if any(
        unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text
    ):
        raise ValueError("control characters and line breaks are not allowed")
    if any(character in _DIRECTION_MARKS for character in text):
        raise ValueError("characters that change the text direction are not allowed")
    return text


def _paragraphs(text: str) -> str:
    _without_controls(text.replace("\n", " ").replace("\t", " "))
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _address(text: str) -> str:
    try:
        # no DNS lookup within a request; `test_environment` also admits the domain .test
        email_validator.validate_email(
            text, check_deliverability=False, test_environment=True
        )
    except email_validator.EmailNotValidError as error:
        raise ValueError(str(error)) from None
    return text


# A dot within a word, the label of two or more characters after it, and what may follow a host.
_DOTTED: Final = re.compile(r"(?<=[\w-])\.(?P<label>[^\W_][\w-]+)(?P<more>[/?#]|:[0-9])?")
_NUMBERS: Final = re.compile(r"(\d+\.){3}\d")


def has_web_address(text: str) -> bool:
    """Return whether a part of the text looks like a web or e-mail address.

    `Dr. Smith`, `J.R. Tolkien` and `St.Pierre` do not: a capital letter follows the dot. Mails
    contain no links from typed text in any case (`mail.inert`).
    """
    # without the zero-width characters (Cf) that would hide a dot between two words
    visible = "".join(
        character for character in text if unicodedata.category(character) != "Cf"
    )
    # browsers read the ideographic full stop as a dot (UTS 46)
    plain = unicodedata.normalize("NFKC", visible).replace("\u3002", ".")
    if any(part in plain.lower() for part in ("://", "www.", "@")):
        return True
    hosts = (match["label"].islower() or match["more"] for match in _DOTTED.finditer(plain))
    return any(hosts) or _NUMBERS.search(plain) is not None


def _no_web_address(text: str) -> str:
    if has_web_address(text):
        raise ValueError("a name must not contain a web or e-mail address")
    return text


_CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
_PLAIN = {"pattern": f"^[^{_CONTROL}]*$"}
_LINE = {"pattern": f"^[^{_CONTROL}]*[^{_CONTROL}\\s][^{_CONTROL}]*$"}
# The API document's description of `_without_controls`, `_not_blank` and `_paragraphs`.
_LINES = {"pattern": f"^([^{_CONTROL}]|[\\n\\t])*$"}

Key: TypeAlias = Annotated[str, Field(max_length=63, pattern=KEY)]
Line: TypeAlias = Annotated[
    str,
    Field(min_length=1, max_length=200, json_schema_extra=_LINE),
    AfterValidator(_without_controls),
    AfterValidator(_not_blank),
]
# A name that strangers may put into our mails; it contains no link.
PersonName: TypeAlias = Annotated[Line, AfterValidator(_no_web_address)]
Paragraph: TypeAlias = Annotated[
    str, Field(max_length=2000, json_schema_extra=_LINES), AfterValidator(_paragraphs)
]
Address: TypeAlias = Annotated[
    str,
    Field(max_length=254, json_schema_extra={"format": "email"}),
    AfterValidator(_without_controls),
    AfterValidator(_address),
]
Domain: TypeAlias = Annotated[
    str,
    Field(min_length=1, max_length=253, json_schema_extra=_LINE),
    AfterValidator(_without_controls),
]
Language: TypeAlias = Annotated[
    str, Field(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")
]
Id: TypeAlias = Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]
Role: TypeAlias = Annotated[str, OneOf(roles.Role)]
Kind: TypeAlias = Annotated[str, OneOf(roles.StaffKind)]
Workflow: TypeAlias = Annotated[str, OneOf(states.Workflow)]
Services: TypeAlias = Literal["all"] | Annotated[list[Key], Field(max_length=1000)]


class StrictModel(BaseModel):
    """A JSON object that rejects unknown members."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def sent_fields(self) -> dict[str, Any]:
        """Return only the members that the caller sent."""
        return self.model_dump(exclude_unset=True)


class Languages(StrictModel):
    source: Annotated[list[Language], Field(max_length=500)] | None = None
    target: Annotated[list[Language], Field(max_length=500)] | None = None


class Offers(StrictModel):
    expire_after_days: Annotated[int, Field(ge=1, le=3650)] | None = None


class Activation(StrictModel):
    expire_after_days: Annotated[int, Field(ge=1, le=365)] | None = None


class Branding(StrictModel):
    primary_color: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None
    logo: (
        Annotated[
            str,
            Field(max_length=500, json_schema_extra=_PLAIN),
            AfterValidator(_without_controls),
        ]
        | None
    ) = None


class Price(StrictModel):
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    per_word: (
        Annotated[str, Field(max_length=20, pattern=r"^[0-9]+(\.[0-9]+)?$")] | None
    ) = None


class PortalName(StrictModel):
    """The name of the portal; null for the default name."""

    name: (
        Annotated[
            str, Field(min_length=1, max_length=60), AfterValidator(_without_controls)
        ]
        | None
    )


class SettingsFields(StrictModel):
    """The portal's settings; missing fields stay as they are."""

    sign_up: Annotated[str, OneOf(states.SignUp)] | None = None
    languages: Languages | None = None
    offers: Offers | None = None
    branding: Branding | None = None
    activation: Activation | None = None


class ServiceFields(StrictModel):
    """A service; missing fields stay as they are, or get their defaults."""

    name: Line | None = None
    description: Paragraph | None = None
    template: Line | None = None
    workflows: Annotated[list[Workflow], Field(max_length=4)] | None = None
    available_to_all: bool | None = None
    price: Price | None = None


class CustomerFields(StrictModel):
    """A customer; missing fields stay as they are, or get their defaults."""

    name: Line | None = None
    description: Paragraph | None = None
    language: Language | None = None
    project_managers: Annotated[list[Address], Field(max_length=1000)] | None = None
    services: Services | None = None
    email_domains: Annotated[list[Domain], Field(max_length=1000)] | None = None
    protected: bool | None = None


class ContactFields(StrictModel):
    """A contact; missing fields stay as they are, or get their defaults."""

    name: Line | None = None
    email: Address | None = None
    role: Role | None = None
    services: Services | None = None
    language: Language | None = None
    protected: bool | None = None


class SignUpFields(StrictModel):
    """The details of a person who asks for access."""

    name: PersonName
    email: Address
    role: Role = "requester"
    language: Language | None = None
    code: (
        Annotated[
            str,
            Field(max_length=40, json_schema_extra=_PLAIN),
            AfterValidator(_without_controls),
        ]
        | None
    ) = None


class ResetFields(StrictModel):
    """The address of a person who asks for a link to a new password."""

    email: Address


class OwnFields(StrictModel):
    """Fields that people change about themselves; missing fields stay as they are."""

    name: PersonName | None = None
    language: Language | None = None


class StaffFields(StrictModel):
    """A staff member; missing fields stay as they are."""

    name: Line | None = None
    email: Address | None = None
    kind: Kind | None = None
    language: Language | None = None


class NewCode(StrictModel):
    """The code of a service to create."""

    code: Key


def described_limits(
    *required_names: str, never_null: tuple[str, ...] = ()
) -> Callable[[dict[str, Any]], None]:
    """Return a `json_schema_extra` that describes what `require` and `forbid_null` check."""

    def describe(schema: dict[str, Any]) -> None:
        if required_names:
            schema["required"] = sorted({*schema.get("required", ()), *required_names})
        for name in (*required_names, *never_null):
            choices = [
                choice
                for choice in schema["properties"][name].pop("anyOf", ())
                if choice != {"type": "null"}
            ]
            schema["properties"][name] |= choices[0] if len(choices) == 1 else {}
            schema["properties"][name].pop("default", None)

    return describe


def require(fields: BaseModel, *names: str) -> None:
    """Raise a `ValueError` unless these members are present and not null."""
    if absent := [name for name in names if getattr(fields, name) is None]:
        raise ValueError(f"'{absent[0]}' is required")


def forbid_null(fields: BaseModel, *names: str) -> None:
    """Raise a `ValueError` if one of these members was sent as null."""
    if emptied := [
        name
        for name in names
        if name in fields.model_fields_set and getattr(fields, name) is None
    ]:
        raise ValueError(f"'{emptied[0]}' must not be null")
