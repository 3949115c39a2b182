"""The document types: the single source of the committed schemas and of every verdict on a value.

With `schemas`, the only module that imports pydantic. It holds only what a JSON Schema can express
too, so that an editor, check-jsonschema and we agree on every value. Conditions that need more
(does the language exist? does the service exist?) are rules in `rules`. Patterns end in `$(?!\\n)`:
Python's `$` ignores a final line break, JavaScript's does not. Every list and every number has a
limit.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from reconciler.documents.field_types import (
    LOGO_PATTERN,
    Address,
    Date,
    Document,
    Domain,
    Key,
    Language,
    Limit,
    LongText,
    Percent,
    PortalEdits,
    Reason,
    ReportLanguage,
    RoleWord,
    RulePath,
    Services,
    SignUp,
    Text,
    Unreviewed,
    Workflow,
    optional_field,
    optional_list,
)
from reconciler.model import choices
from reconciler.model.desired import Policy

_DEFAULT: Final = Policy()


class Registration(Document):
    """The registration that this file approves; `reconciler plan` shows the line for a pending
    one.
    """

    id: Annotated[
        str, Field(pattern=r"^reg-[a-z0-9-]{1,60}$(?!\n)", description="The sign-up's id.")
    ]
    fingerprint: Annotated[
        str,
        Field(
            pattern=r"^sha256:[0-9a-f]{64}$(?!\n)",
            description="What was reviewed, as a hash.",
        ),
    ]


class Leaves(Document):
    """The person's last day in the portal."""

    on: Annotated[
        Date, Field(description="The first day without access.", examples=["2027-03-31"])
    ]
    reason: Annotated[Reason, Field(description="Why.")] = choices.Reason.LEFT


class Contact(Document):
    """A person at a customer with access to the portal. The file's name is their key."""

    name: Annotated[
        Text,
        Field(
            description="Full name, in its own script.", examples=["Jane Doe", "山田太郎"]
        ),
    ]
    email: Annotated[
        Address,
        Field(
            description="The login, and where the activation goes.",
            examples=["jane.doe@acme.example"],
        ),
    ]
    role: Annotated[
        RoleWord,
        Field(
            description="requester: sends work. observer: sees everything. manager: both, and "
            "runs the team."
        ),
    ]
    services: Annotated[
        Services,
        optional_field(
            "Services that they may request; all of the customer's if absent.", "all"
        ),
    ]
    language: Annotated[
        Language | None,
        optional_field(
            "Language of their mails and pages; the customer's if absent.", "de", "no"
        ),
    ]
    heir: Annotated[
        Key | None,
        optional_field(
            "Who receives their open work when they leave or become an observer.",
            "tom-lang",
        ),
    ]
    leaves: Annotated[Leaves | None, optional_field("The last day, announced in advance.")]
    protect: Annotated[
        bool,
        optional_field("true: nobody can remove or move them, or take rights from them."),
    ]
    previously: Annotated[
        list[Key], optional_list("Keys that this person had before.", "jane-miller")
    ]
    registration: Annotated[
        Registration | Literal["none"] | None,
        optional_field(
            "The sign-up approved by this file; none: reject a pending one and create the contact."
        ),
    ]


class Customer(Document):
    """An organisation that sends work. The folder's name is its key."""

    name: Annotated[
        Text, Field(description="Unique among customers.", examples=["ACME Medical GmbH"])
    ]
    description: Annotated[LongText | None, optional_field("For your colleagues.")]
    language: Annotated[
        Language | None,
        optional_field("Language of its people, unless their files set another.", "de"),
    ]
    project_managers: Annotated[
        list[Address],
        optional_list("Your project managers for this customer.", "lee@provider.example"),
    ]
    services: Annotated[
        Services, optional_field("What it may order.", "all", ["certified"])
    ]
    email_domains: Annotated[
        list[Domain], optional_list("Domains of its people's addresses.", "acme.example")
    ]
    heir: Annotated[
        Key | None,
        optional_field("Receives open work when no other heir is named.", "anna-schmidt"),
    ]
    portal_edits: Annotated[
        PortalEdits, optional_field("What happens to changes made in the portal.")
    ]
    protect: Annotated[
        bool, optional_field("true: the customer cannot be archived, renamed or released.")
    ]
    manager_optional: Annotated[
        bool, optional_field("true: the customer may have no manager.")
    ]
    previously: Annotated[
        list[Key], optional_list("Folder names that this customer had before.", "acme")
    ]
    release: Annotated[
        bool,
        optional_field(
            "true: stop managing it and its people, and leave them as they are."
        ),
    ]


class Removed(Document):
    """A farewell: how a contact leaves, a sign-up to reject, or the end of management."""

    heir: Annotated[Key | None, optional_field("Who receives the open work.", "jane-doe")]
    reason: Annotated[Reason, optional_field("Why.")]
    registration: Annotated[
        str | None,
        Field(
            default=None,
            pattern=r"^reg-[a-z0-9-]{1,60}$(?!\n)",
            description="Rejects this pending sign-up.",
        ),
    ]
    keep: Annotated[
        bool, optional_field("true: stop managing this person, and keep their access.")
    ]


class Languages(Document):
    """The offered languages."""

    source: Annotated[
        list[Language], optional_list("Languages that files may be in.", "en", "de")
    ]
    target: Annotated[
        list[Language], optional_list("Languages to translate into.", "no", "hu")
    ]


class Offers(Document):
    """Quotes."""

    expire_after_days: Annotated[
        int,
        Field(default=None, ge=1, le=365, description="How many days a quote stays valid."),
    ]


class Branding(Document):
    """How the portal looks."""

    primary_color: Annotated[
        str | None,
        Field(default=None, pattern=r"^#[0-9a-fA-F]{6}$(?!\n)", examples=["#0b5fff"]),
    ]
    logo: Annotated[
        str | None,
        Field(
            default=None,
            max_length=500,
            pattern=LOGO_PATTERN,
            description="The image's URL.",
        ),
    ]


class Price(Document):
    """What a word costs."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$(?!\n)", examples=["EUR"])]
    per_word: Annotated[
        str,
        Field(
            pattern=r"^(0|[1-9][0-9]{0,5})(\.[0-9]{1,4})?$(?!\n)",
            description="In quotes.",
            examples=["0.19"],
        ),
    ]


class Service(Document):
    """What a customer can order: a project template and the ways to a quote."""

    name: Annotated[
        Text, Field(description="As customers see it.", examples=["Certified translation"])
    ]
    description: Annotated[LongText | None, optional_field("For customers.")]
    template: Annotated[
        Text | None, optional_field("The project template on your system.", "tpl-certified")
    ]
    workflows: Annotated[
        list[Workflow],
        Field(
            default=None, min_length=1, max_length=20, description="The ways to a quote."
        ),
    ]
    available_to_all: Annotated[bool, optional_field("Every customer may order it.")]
    price: Annotated[Price | None, optional_field("Absent or null: quoted by hand.")]
    previously: Annotated[
        list[Key],
        optional_list(
            "Keys that this service had before; nobody gains or loses it.", "sworn"
        ),
    ]


class Removals(Document):
    """How many people may lose access or power in one run."""

    percent: Annotated[
        Percent, Field(default=_DEFAULT.removals_percent, description="Of all people.")
    ]
    at_least: Annotated[
        Limit,
        Field(
            default=_DEFAULT.removals_at_least,
            description="Always allowed, for small portals.",
        ),
    ]
    at_most: Annotated[
        Limit,
        Field(
            default=_DEFAULT.removals_at_most, description="Never more, in large portals."
        ),
    ]
    per_customer_percent: Annotated[
        Percent,
        Field(
            default=_DEFAULT.removals_per_customer_percent, description="From 10 people up."
        ),
    ]
    small_customer: Annotated[
        Limit,
        Field(default=_DEFAULT.removals_small_customer, description="Below 10 people."),
    ]


class PolicyDocument(Document):
    """How careful the reconciler is."""

    language: Annotated[
        ReportLanguage,
        Field(default=_DEFAULT.language, description="Of comments for reviewers."),
    ]
    portal_edits: Annotated[
        PortalEdits,
        Field(
            default=_DEFAULT.portal_edits,
            description="propose: they wait for a file. revert: the files win.",
        ),
    ]
    unreviewed: Annotated[
        Unreviewed,
        Field(
            default=_DEFAULT.unreviewed,
            description="What a merge without a reviewed plan does.",
        ),
    ]
    removals: Annotated[
        Removals, Field(default_factory=Removals, description="The limits that stop a run.")
    ]
    mails_per_run: Annotated[
        Limit, Field(default=_DEFAULT.mails_per_run, description="More mails stop the run.")
    ]


def _no_flag(value: Any) -> Any:
    """Refuse `True`: Python and `Literal` treat it as 1, JSON Schema does not."""
    if value is True:
        raise ValueError("a boolean is not a number")
    return value


class Portal(Document):
    """The portal's own settings, its services, and the reconciler's policy."""

    schema_version: Annotated[
        Literal[1], BeforeValidator(_no_flag), Field(description="Of these files.")
    ]
    owner: Annotated[
        Key,
        Field(
            description="Who manages what this repository declares.",
            examples=["acme-translations"],
        ),
    ]
    portal: Annotated[
        str | None,
        Field(
            default=None,
            max_length=100,
            description="The portal's id, to refuse any other portal.",
        ),
    ]
    time_zone: Annotated[
        str,
        Field(
            default="UTC",
            max_length=64,
            description="The time zone in which days begin and end.",
            examples=["Europe/Berlin"],
        ),
    ]
    sign_up: Annotated[SignUp, optional_field("Who may sign up.")]
    languages: Annotated[Languages, optional_field("The offered languages.")]
    offers: Annotated[Offers, optional_field("Quotes.")]
    branding: Annotated[Branding, optional_field("Looks.")]
    services: Annotated[
        dict[Key, Service],
        Field(
            default=None,
            max_length=500,
            description="What can be ordered; absent: not managed.",
        ),
    ]
    policy: Annotated[
        PolicyDocument,
        Field(default_factory=PolicyDocument, description="How careful the reconciler is."),
    ]
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
