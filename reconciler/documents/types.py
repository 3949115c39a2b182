"""The document types: the single source of the committed schemas and of every verdict on a value.

With `schemas`, the only module that imports pydantic. It holds only what a JSON Schema can express
too, so that an editor, check-jsonschema and we agree on every value. Conditions that need more
(does the language exist? does the service exist?) are rules in `rules`. Patterns end in `$(?!\\n)`:
Python's `$` ignores a final line break, JavaScript's does not. Every list and every number has a
limit.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from reconciler.documents.field_types import (
    Address,
    Date,
    Document,
    Domain,
    Key,
    Language,
    LongText,
    PortalEdits,
    Reason,
    RoleWord,
    Services,
    Text,
    WarningId,
    optional_field,
    optional_list,
)
from reconciler.documents.portal_document import Portal
from reconciler.model import choices
from reconciler.model.rules import RuleId


class Registration(Document):
    """The registration that this file approves; `reconciler plan` shows pending ones."""

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
    acknowledge: Annotated[
        list[WarningId],
        optional_list(
            "Ids of warnings about this contact that are known and intended.",
            RuleId.FOREIGN_DOMAIN,
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
    acknowledge: Annotated[
        list[WarningId],
        optional_list(
            "Ids of warnings about this customer and its people that are known and intended.",
            RuleId.FOREIGN_DOMAIN,
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


DOCUMENTS: Final[dict[str, type[Document]]] = {
    "portal": Portal,
    "customer": Customer,
    "contact": Contact,
    "removed": Removed,
}
