"""What a document may say: the one source of the committed schemas and of every verdict on a value.

The door to pydantic, with `schemas`. Only what a JSON Schema can say too stands here, so that an
editor, check-jsonschema and we agree on every value; what needs more (is this a language? does the
service exist?) is a rule in `rules`. Patterns end in `$(?!\\n)`: to Python's `$` a final line break is
no character, to JavaScript's it is one. Every list and every number has an end.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, WithJsonSchema

from reconciler.model import choices
from reconciler.model.desired import Policy
from reconciler.model.roles import Role

_HIDDEN: Final = r"\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
TEXT_PATTERN: Final = rf"^[^ {_HIDDEN}]([^{_HIDDEN}]*[^ {_HIDDEN}])?$(?!\n)"
KEY_PATTERN: Final = r"^[a-z0-9]+(-[a-z0-9]+)*$(?!\n)"
EMAIL_PATTERN: Final = rf'^[^\s@"<>()\[\],;:\\{_HIDDEN}]{{1,64}}@[^\s@"<>()\[\],;:\\{_HIDDEN}]{{3,253}}$(?!\n)'
DOMAIN_PATTERN: Final = rf"^[^\s@/:{_HIDDEN}.]+(\.[^\s@/:{_HIDDEN}.]+)+$(?!\n)"
LOGO_PATTERN: Final = rf"^https://[^\s{_HIDDEN}]+$(?!\n)"
LANGUAGE_PATTERN: Final = r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$(?!\n)"

Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=200, pattern=TEXT_PATTERN)]
LongText: TypeAlias = Annotated[str, Field(max_length=2000)]
Key: TypeAlias = Annotated[str, Field(max_length=63, pattern=KEY_PATTERN)]
Address: TypeAlias = Annotated[str, Field(min_length=6, max_length=254, pattern=EMAIL_PATTERN)]
Domain: TypeAlias = Annotated[str, Field(max_length=253, pattern=DOMAIN_PATTERN)]
Language: TypeAlias = Annotated[str, Field(max_length=35, pattern=LANGUAGE_PATTERN)]
Date: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$(?!\n)")]
Services: TypeAlias = Literal["all"] | Annotated[list[Key], Field(max_length=200)]
Limit: TypeAlias = Annotated[int, Field(ge=0, le=1_000_000)]
Percent: TypeAlias = Annotated[int, Field(ge=0, le=100)]
RulePath: TypeAlias = Annotated[str, Field(min_length=1, max_length=200, pattern=TEXT_PATTERN)]

_DEFAULT: Final = Policy()


def _words(kind: type[StrEnum]) -> WithJsonSchema:
    """The members as words, in the place of the field: editors show a choice, not a reference."""
    return WithJsonSchema({"enum": [member.value for member in kind], "type": "string"})


_FROM_WORD: Final = Strict(False)
"""A file holds a word; strict validation would take nothing but the member itself."""
RoleWord: TypeAlias = Annotated[Role, _FROM_WORD, _words(Role)]
Reason: TypeAlias = Annotated[choices.Reason, _FROM_WORD, _words(choices.Reason)]
PortalEdits: TypeAlias = Annotated[choices.PortalEdits, _FROM_WORD, _words(choices.PortalEdits)]
Workflow: TypeAlias = Annotated[choices.Workflow, _FROM_WORD, _words(choices.Workflow)]
SignUp: TypeAlias = Annotated[choices.SignUp, _FROM_WORD, _words(choices.SignUp)]
Unreviewed: TypeAlias = Annotated[choices.Unreviewed, _FROM_WORD, _words(choices.Unreviewed)]
ReportLanguage: TypeAlias = Annotated[choices.ReportLanguage, _FROM_WORD, _words(choices.ReportLanguage)]


class Document(BaseModel):
    """Every mapping in a document: strict, nothing unknown. What was not written is not in the dump."""

    model_config = ConfigDict(extra="forbid", strict=True, regex_engine="python-re", frozen=True)

    def said(self, *names: str) -> dict[str, Any]:
        """The named fields that the file speaks of, by name."""
        return {name: _plain(getattr(self, name)) for name in names if name in self.model_fields_set}


def _plain(value: Any) -> Any:
    """The value as plain data: fields of the model are compared, shown and hashed as words."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, StrEnum) else value


def _said(description: str, *examples: Any) -> Any:
    return Field(default=None, description=description, examples=list(examples) or None)


def _said_list(description: str, *example: str) -> Any:
    return Field(default=None, max_length=100, description=description, examples=[list(example)])


class Registration(Document):
    """The sign-up that this file approves; `reconciler plan` shows the line for whoever waits."""

    id: Annotated[str, Field(pattern=r"^reg-[a-z0-9-]{1,60}$(?!\n)", description="The sign-up's id.")]
    fingerprint: Annotated[
        str, Field(pattern=r"^sha256:[0-9a-f]{64}$(?!\n)", description="What was reviewed, as a hash.")
    ]


class Leaves(Document):
    """When the person stops working with the portal."""

    on: Annotated[Date, Field(description="The first day without access.", examples=["2027-03-31"])]
    reason: Annotated[Reason, Field(description="Why.")] = choices.Reason.LEFT


class Contact(Document):
    """A person at a customer with access to the portal. The file's name is their key."""

    name: Annotated[Text, Field(description="Full name, in its own script.", examples=["Jane Doe", "山田太郎"])]
    email: Annotated[
        Address,
        Field(description="The login, and where the activation goes.", examples=["jane.doe@acme.example"]),
    ]
    role: Annotated[
        RoleWord,
        Field(description="requester: sends work. observer: sees everything. manager: both, and runs the team."),
    ]
    services: Annotated[Services, _said("Services that they may request; all of the customer's if absent.", "all")]
    language: Annotated[Language | None, _said("Of their mails and pages; the customer's if absent.", "de", "no")]
    heir: Annotated[
        Key | None, _said("Who receives their open work when they leave or become an observer.", "tom-lang")
    ]
    leaves: Annotated[Leaves | None, _said("A coming last day.")]
    protect: Annotated[bool, _said("Nobody removes them, moves them or takes rights from them.")]
    previously: Annotated[list[Key], _said_list("Keys that this person had before.", "jane-miller")]
    registration: Annotated[
        Registration | Literal["none"] | None,
        _said("The sign-up approved by this file; none: reject a pending one and create the contact."),
    ]


class Customer(Document):
    """An organisation that sends work. The folder's name is its key."""

    name: Annotated[Text, Field(description="Unique among customers.", examples=["ACME Medical GmbH"])]
    description: Annotated[LongText | None, _said("For your colleagues.")]
    language: Annotated[Language | None, _said("Of its people, unless their files say otherwise.", "de")]
    project_managers: Annotated[list[Address], _said_list("Your people who look after it.", "lee@provider.example")]
    services: Annotated[Services, _said("What it may order.", "all", ["certified"])]
    email_domains: Annotated[list[Domain], _said_list("Where its people's addresses are.", "acme.example")]
    heir: Annotated[Key | None, _said("Takes over open work when nobody else is named.", "anna-schmidt")]
    portal_edits: Annotated[PortalEdits, _said("What becomes of changes made in the portal.")]
    protect: Annotated[bool, _said("Never archived, renamed or released.")]
    manager_optional: Annotated[bool, _said("It may be without a manager.")]
    previously: Annotated[list[Key], _said_list("Folder names that this customer had before.", "acme")]
    release: Annotated[bool, _said("true: stop managing it and its people, and leave them as they are.")]


class Removed(Document):
    """A farewell: how a contact leaves, a sign-up to reject, or an end of managing."""

    heir: Annotated[Key | None, _said("Who receives the open work.", "jane-doe")]
    reason: Annotated[Reason, _said("Why.")]
    registration: Annotated[
        str | None,
        Field(default=None, pattern=r"^reg-[a-z0-9-]{1,60}$(?!\n)", description="Rejects this pending sign-up."),
    ]
    keep: Annotated[bool, _said("true: stop managing this person, and keep their access.")]


class Languages(Document):
    """The languages on offer."""

    source: Annotated[list[Language], _said_list("Languages that files may be in.", "en", "de")]
    target: Annotated[list[Language], _said_list("Languages to translate into.", "no", "hu")]


class Offers(Document):
    """Quotes."""

    expire_after_days: Annotated[int, Field(default=None, ge=1, le=365, description="How long a quote stands.")]


class Branding(Document):
    """How the portal looks."""

    primary_color: Annotated[str | None, Field(default=None, pattern=r"^#[0-9a-fA-F]{6}$(?!\n)", examples=["#0b5fff"])]
    logo: Annotated[
        str | None, Field(default=None, max_length=500, pattern=LOGO_PATTERN, description="Where the picture is.")
    ]


class Price(Document):
    """What a word costs."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$(?!\n)", examples=["EUR"])]
    per_word: Annotated[
        str,
        Field(pattern=r"^(0|[1-9][0-9]{0,5})(\.[0-9]{1,4})?$(?!\n)", description="In quotes.", examples=["0.19"]),
    ]


class Service(Document):
    """What a customer can order: a project template and the ways to a quote."""

    name: Annotated[Text, Field(description="As customers see it.", examples=["Certified translation"])]
    description: Annotated[LongText | None, _said("For customers.")]
    template: Annotated[Text | None, _said("The project template on your system.", "tpl-certified")]
    workflows: Annotated[
        list[Workflow], Field(default=None, min_length=1, max_length=20, description="The ways to a quote.")
    ]
    available_to_all: Annotated[bool, _said("Every customer may order it.")]
    price: Annotated[Price | None, _said("Absent or null: quoted by hand.")]
    previously: Annotated[
        list[Key], _said_list("Keys that this service had before; nobody gains or loses it.", "sworn")
    ]


class Removals(Document):
    """How many people may lose access or power in one run."""

    percent: Annotated[Percent, Field(default=_DEFAULT.removals_percent, description="Of all people.")]
    at_least: Annotated[
        Limit, Field(default=_DEFAULT.removals_at_least, description="So many always, in small portals.")
    ]
    at_most: Annotated[Limit, Field(default=_DEFAULT.removals_at_most, description="Never more, in large portals.")]
    per_customer_percent: Annotated[
        Percent, Field(default=_DEFAULT.removals_per_customer_percent, description="From 10 people up.")
    ]
    small_customer: Annotated[Limit, Field(default=_DEFAULT.removals_small_customer, description="Below 10 people.")]


class PolicyDocument(Document):
    """How careful the reconciler is."""

    language: Annotated[ReportLanguage, Field(default=_DEFAULT.language, description="Of comments for reviewers.")]
    portal_edits: Annotated[
        PortalEdits,
        Field(default=_DEFAULT.portal_edits, description="propose: they wait for a file. revert: the files win."),
    ]
    unreviewed: Annotated[
        Unreviewed,
        Field(default=_DEFAULT.unreviewed, description="What a merge without a reviewed plan does."),
    ]
    removals: Annotated[Removals, Field(default_factory=Removals, description="Where a run stops.")]
    mails_per_run: Annotated[Limit, Field(default=_DEFAULT.mails_per_run, description="More stop the run.")]


def _no_flag(value: Any) -> Any:
    """To Python `True` is 1, and so it is to a `Literal`; to JSON Schema it is not."""
    if value is True:
        raise ValueError("a flag is not a number")
    return value


class Portal(Document):
    """The portal's own settings, its services, and the reconciler's policy."""

    schema_version: Annotated[Literal[1], BeforeValidator(_no_flag), Field(description="Of these files.")]
    owner: Annotated[
        Key, Field(description="Who manages what this repository declares.", examples=["acme-translations"])
    ]
    portal: Annotated[
        str | None, Field(default=None, max_length=100, description="The portal's id, if only one may do.")
    ]
    time_zone: Annotated[
        str,
        Field(default="UTC", max_length=64, description="Whose midnight ends a last day.", examples=["Europe/Berlin"]),
    ]
    sign_up: Annotated[SignUp, _said("Who may sign up.")]
    languages: Annotated[Languages, _said("Languages on offer.")]
    offers: Annotated[Offers, _said("Quotes.")]
    branding: Annotated[Branding, _said("Looks.")]
    services: Annotated[
        dict[Key, Service], Field(default=None, max_length=500, description="What can be ordered; absent: not managed.")
    ]
    policy: Annotated[PolicyDocument, Field(default_factory=PolicyDocument, description="How careful we are.")]
    rules: Annotated[
        list[RulePath],
        Field(
            default=None,
            max_length=100,
            description="Your own rules: paths or globs of JSON Schemas in this repository.",
            examples=[["policy/contact.schema.json"], ["policy/*.schema.json"]],
        ),
    ]


DOCUMENTS: Final[dict[str, type[Document]]] = {
    "portal": Portal,
    "customer": Customer,
    "contact": Contact,
    "removed": Removed,
}
