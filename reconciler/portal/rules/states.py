"""The closed sets of values of rows: statuses, states, workflows, kinds of files."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class ContactStatus(StrEnum):
    """The status of a contact; `unapproved` is a registration."""

    UNAPPROVED = "unapproved"
    INVITED = "invited"
    LINK_EXPIRED = "link_expired"
    ACTIVE = "active"
    REMOVED = "removed"


class CustomerStatus(StrEnum):
    """The status of a customer."""

    ACTIVE = "active"
    ARCHIVED = "archived"


class StaffStatus(StrEnum):
    """The status of a staff member, with the same texts as for contacts."""

    INVITED = ContactStatus.INVITED.value
    ACTIVE = ContactStatus.ACTIVE.value
    REMOVED = ContactStatus.REMOVED.value


class SignUp(StrEnum):
    """The sign-up mode."""

    CLOSED = "closed"
    APPROVAL_REQUIRED = "approval_required"
    OPEN = "open"


class RequestState(StrEnum):
    """The state of a request."""

    QUOTE_PENDING = "quote_pending"
    QUOTE_BEING_MADE = "quote_being_made"
    QUOTED = "quoted"
    IN_PROGRESS = "in_progress"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class Workflow(StrEnum):
    """The way in which a request gets its quote."""

    PM_QUOTE_MANUAL = "pm_quote_manual"
    PM_QUOTE_AUTOMATIC = "pm_quote_automatic"
    AUTOMATIC_QUOTE = "automatic_quote"
    AUTOMATIC_PROJECT = "automatic_project"


class FileKind(StrEnum):
    """The purpose of a file in its request."""

    SOURCE = "source"
    REFERENCE = "reference"
    DELIVERY = "delivery"


class MailState(StrEnum):
    """The delivery state of a mail."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"


# The statuses in which a contact holds its address and may receive mails.
LIVING: Final = (ContactStatus.INVITED, ContactStatus.LINK_EXPIRED, ContactStatus.ACTIVE)
# The states of a request that is neither delivered nor cancelled.
OPEN: Final = (
    RequestState.QUOTE_PENDING,
    RequestState.QUOTE_BEING_MADE,
    RequestState.QUOTED,
    RequestState.IN_PROGRESS,
)
