"""portal.yaml: settings of the portal, its services and the policy of this repository."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from reconciler.documents.field_types import (
    LOGO_PATTERN,
    Document,
    Key,
    Language,
    Limit,
    LongText,
    Percent,
    PortalEdits,
    ReportLanguage,
    RulePath,
    SignUp,
    Text,
    Unreviewed,
    WarningId,
    Workflow,
    optional_field,
    optional_list,
)
from reconciler.model.desired import Policy
from reconciler.model.rules import RuleId

_DEFAULT: Final = Policy()


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
    """The colour and the logo of the portal."""

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
    """The price of a word."""

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
    """A service that customers can order: a project template and the ways to a quote."""

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
    """The limit of people who lose access or power in one run."""

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
    """The safeguards of the reconciler."""

    language: Annotated[
        ReportLanguage,
        Field(
            default=_DEFAULT.language,
            description="Of the comment for reviewers: plan --format markdown.",
        ),
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
        Field(
            default_factory=PolicyDocument, description="The safeguards of the reconciler."
        ),
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
    acknowledge: Annotated[
        list[WarningId],
        optional_list(
            "Ids of warnings about this file that are known and intended.",
            RuleId.OPEN_SIGN_UP,
        ),
    ]
