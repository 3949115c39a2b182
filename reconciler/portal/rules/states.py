"""The closed sets of values that rows have: statuses, states, workflows, kinds of files."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class ContactStatus(StrEnum):
    """How far a contact is; `unapproved` is a registration."""

    UNAPPROVED = "unapproved"
    INVITED = "invited"
    LINK_EXPIRED = "link_expired"
    ACTIVE = "active"
    REMOVED = "removed"


class CustomerStatus(StrEnum):
    """Whether a customer is archived."""

    ACTIVE = "active"
    ARCHIVED = "archived"


class StaffStatus(StrEnum):
    """How far one of the provider's people is: the same as contacts, who may log in by the same pages."""

    INVITED = ContactStatus.INVITED.value
    ACTIVE = ContactStatus.ACTIVE.value
    REMOVED = ContactStatus.REMOVED.value


class SignUp(StrEnum):
    """Who may sign up."""

    CLOSED = "closed"
    APPROVAL_REQUIRED = "approval_required"
    OPEN = "open"


class RequestState(StrEnum):
    """How far a request is."""

    QUOTE_PENDING = "quote_pending"
    QUOTE_BEING_MADE = "quote_being_made"
    QUOTED = "quoted"
    IN_PROGRESS = "in_progress"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class Workflow(StrEnum):
    """How a request comes to its quote."""

    PM_QUOTE_MANUAL = "pm_quote_manual"
    PM_QUOTE_AUTOMATIC = "pm_quote_automatic"
    AUTOMATIC_QUOTE = "automatic_quote"
    AUTOMATIC_PROJECT = "automatic_project"


class FileKind(StrEnum):
    """What a file is to its request."""

    SOURCE = "source"
    REFERENCE = "reference"
    DELIVERY = "delivery"


class MailState(StrEnum):
    """What became of a mail."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"


LIVING: Final = (ContactStatus.INVITED, ContactStatus.LINK_EXPIRED, ContactStatus.ACTIVE)
"""The statuses in which a contact holds its address and may be reached by a mail."""
OPEN: Final = (
    RequestState.QUOTE_PENDING,
    RequestState.QUOTE_BEING_MADE,
    RequestState.QUOTED,
    RequestState.IN_PROGRESS,
)
"""The states of a request that is neither delivered nor cancelled."""
