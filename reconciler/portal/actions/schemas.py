"""The writable fields of every kind, as callers may send them; unknown members are refused."""

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


_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that turn the direction of what follows, also of what is not theirs."""


def _plain(text: str) -> str:
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text):
        raise ValueError("control characters and line breaks are not allowed")
    if any(character in _TURNING for character in text):
        raise ValueError("characters that turn the direction of a text are not allowed")
    return text


def _paragraphs(text: str) -> str:
    _plain(text.replace("\n", " ").replace("\t", " "))
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("something must stand here")
    return text


def _address(text: str) -> str:
    try:
        email_validator.validate_email(text, check_deliverability=False, test_environment=True)
    except email_validator.EmailNotValidError as error:
        raise ValueError(str(error)) from None
    return text


_DOTTED: Final = re.compile(r"(?<=[\w-])\.(?P<label>[^\W_][\w-]+)(?P<more>[/?#]|:[0-9])?")
"""A dot within a word, and the label of two characters or more after it; then maybe what follows a host."""
_NUMBERS: Final = re.compile(r"(\d+\.){3}\d")


def has_web_address(text: str) -> bool:
    """Whether a part of the text looks like a web or e-mail address.

    `Dr. Smith`, `J.R. Tolkien` and `St.Pierre` do not: a name goes on with a capital letter after its dot. In
    mails nothing is a link, whatever this says (`mail.inert`).
    """
    seen = "".join(character for character in text if unicodedata.category(character) != "Cf")
    plain = unicodedata.normalize("NFKC", seen).replace("\u3002", ".")
    if any(part in plain.lower() for part in ("://", "www.", "@")):
        return True
    hosts = (found["label"].islower() or found["more"] for found in _DOTTED.finditer(plain))
    return any(hosts) or _NUMBERS.search(plain) is not None


def _no_web_address(text: str) -> str:
    if has_web_address(text):
        raise ValueError("a name holds no web or e-mail address")
    return text


_CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
_PLAIN = {"pattern": f"^[^{_CONTROL}]*$"}
_LINE = {"pattern": f"^[^{_CONTROL}]*[^{_CONTROL}\\s][^{_CONTROL}]*$"}
_LINES = {"pattern": f"^([^{_CONTROL}]|[\\n\\t])*$"}
"""How the document describes what `_plain`, `_not_blank` and `_paragraphs` judge."""

Key: TypeAlias = Annotated[str, Field(max_length=63, pattern=KEY)]
Line: TypeAlias = Annotated[
    str,
    Field(min_length=1, max_length=200, json_schema_extra=_LINE),
    AfterValidator(_plain),
    AfterValidator(_not_blank),
]
PersonName: TypeAlias = Annotated[Line, AfterValidator(_no_web_address)]
"""A name that strangers may put into our mails: it carries no link."""
Paragraph: TypeAlias = Annotated[str, Field(max_length=2000, json_schema_extra=_LINES), AfterValidator(_paragraphs)]
Address: TypeAlias = Annotated[
    str, Field(max_length=254, json_schema_extra={"format": "email"}), AfterValidator(_plain), AfterValidator(_address)
]
Domain: TypeAlias = Annotated[str, Field(min_length=1, max_length=253, json_schema_extra=_LINE), AfterValidator(_plain)]
Language: TypeAlias = Annotated[str, Field(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
Id: TypeAlias = Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]
Role: TypeAlias = Annotated[str, OneOf(roles.Role)]
Kind: TypeAlias = Annotated[str, OneOf(roles.StaffKind)]
Workflow: TypeAlias = Annotated[str, OneOf(states.Workflow)]
Services: TypeAlias = Literal["all"] | Annotated[list[Key], Field(max_length=1000)]


class Shape(BaseModel):
    """A JSON object whose members are all known."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def sent(self) -> dict[str, Any]:
        """The members that the caller sent, and no others."""
        return self.model_dump(exclude_unset=True)


class Languages(Shape):
    source: Annotated[list[Language], Field(max_length=500)] | None = None
    target: Annotated[list[Language], Field(max_length=500)] | None = None


class Offers(Shape):
    expire_after_days: Annotated[int, Field(ge=1, le=3650)] | None = None


class Activation(Shape):
    expire_after_days: Annotated[int, Field(ge=1, le=365)] | None = None


class Branding(Shape):
    primary_color: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None
    logo: Annotated[str, Field(max_length=500, json_schema_extra=_PLAIN), AfterValidator(_plain)] | None = None


class Price(Shape):
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    per_word: Annotated[str, Field(max_length=20, pattern=r"^[0-9]+(\.[0-9]+)?$")] | None = None


class PortalName(Shape):
    """What the portal is called; without one it has its usual name."""

    name: Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_plain)] | None


class SettingsFields(Shape):
    """The portal's settings; what is left out stays."""

    sign_up: Annotated[str, OneOf(states.SignUp)] | None = None
    languages: Languages | None = None
    offers: Offers | None = None
    branding: Branding | None = None
    activation: Activation | None = None


class ServiceFields(Shape):
    """A service; what is left out stays, or gets its default."""

    name: Line | None = None
    description: Paragraph | None = None
    template: Line | None = None
    workflows: Annotated[list[Workflow], Field(max_length=4)] | None = None
    available_to_all: bool | None = None
    price: Price | None = None


class CustomerFields(Shape):
    """A customer; what is left out stays, or gets its default."""

    name: Line | None = None
    description: Paragraph | None = None
    language: Language | None = None
    project_managers: Annotated[list[Address], Field(max_length=1000)] | None = None
    services: Services | None = None
    email_domains: Annotated[list[Domain], Field(max_length=1000)] | None = None
    protected: bool | None = None


class ContactFields(Shape):
    """A contact; what is left out stays, or gets its default."""

    name: Line | None = None
    email: Address | None = None
    role: Role | None = None
    services: Services | None = None
    language: Language | None = None
    protected: bool | None = None


class SignUpFields(Shape):
    """What a person says about herself who wants access."""

    name: PersonName
    email: Address
    role: Role = "requester"
    language: Language | None = None
    code: Annotated[str, Field(max_length=40, json_schema_extra=_PLAIN), AfterValidator(_plain)] | None = None


class ResetFields(Shape):
    """Who wants a link to a new password."""

    email: Address


class OwnFields(Shape):
    """What a person changes about herself; what is left out stays."""

    name: PersonName | None = None
    language: Language | None = None


class StaffFields(Shape):
    """One of the provider's people; what is left out stays."""

    name: Line | None = None
    email: Address | None = None
    kind: Kind | None = None
    language: Language | None = None


class NewCode(Shape):
    """The code of a service to create."""

    code: Key


def described(*required: str, never_null: tuple[str, ...] = ()) -> Callable[[dict[str, Any]], None]:
    """How the document describes what `needs` and `not_emptied` judge; for a shape's `json_schema_extra`."""

    def describe(schema: dict[str, Any]) -> None:
        if required:
            schema["required"] = sorted({*schema.get("required", ()), *required})
        for name in (*required, *never_null):
            choices = [each for each in schema["properties"][name].pop("anyOf", ()) if each != {"type": "null"}]
            schema["properties"][name] |= choices[0] if len(choices) == 1 else {}
            schema["properties"][name].pop("default", None)

    return describe


def needs(fields: BaseModel, *names: str) -> None:
    """A `ValueError` unless these members are there and not null."""
    if missing := [name for name in names if getattr(fields, name) is None]:
        raise ValueError(f"'{missing[0]}' is required")


def not_emptied(fields: BaseModel, *names: str) -> None:
    """A `ValueError` when one of these members was sent as null."""
    if emptied := [name for name in names if name in fields.model_fields_set and getattr(fields, name) is None]:
        raise ValueError(f"'{emptied[0]}' cannot be emptied")
