"""The kinds of mails, and the wordings that they have."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class MailKind(StrEnum):
    """The subject matter of a mail, as the outbox and the API name it; the values are stable."""

    ACTIVATION = "activation"
    ACTIVATION_AGAIN = "activation_again"
    ADDRESS_CHANGED = "address_changed"
    WORK_RECEIVED = "work_received"
    REJECTED = "rejected"
    CONFIRM = "confirm"
    KNOWN = "known"
    RESET = "reset"
    REGISTERED = "registered"
    SUBMITTED = "submitted"
    QUOTED = "quoted"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class Wording(StrEnum):
    """The sentences of a mail, by the prefix of their keys in `i18n.source.mails`, and its kind.

    Most kinds have one wording; some have another one for other readers.
    """

    kind: MailKind

    def __new__(cls, text: str, kind: MailKind) -> Self:
        wording = str.__new__(cls, text)
        # set here, because the enum would take the whole tuple for the value
        wording._value_ = text
        wording.kind = kind
        return wording

    ACTIVATION = "activation", MailKind.ACTIVATION
    ACTIVATION_AGAIN = "activation_again", MailKind.ACTIVATION_AGAIN
    STAFF_ACTIVATION = "staff_activation", MailKind.ACTIVATION
    ADDRESS_CHANGED = "address_changed", MailKind.ADDRESS_CHANGED
    STAFF_ADDRESS_CHANGED = "staff_address_changed", MailKind.ADDRESS_CHANGED
    WORK_RECEIVED = "work_received", MailKind.WORK_RECEIVED
    REJECTED = "rejected", MailKind.REJECTED
    CONFIRM = "confirm", MailKind.CONFIRM
    KNOWN = "known", MailKind.KNOWN
    KNOWN_INVITED = "known_invited", MailKind.KNOWN
    RESET = "reset", MailKind.RESET
    REGISTERED = "registered", MailKind.REGISTERED
    SUBMITTED = "submitted", MailKind.SUBMITTED
    QUOTED = "quoted", MailKind.QUOTED
    ACCEPTED = "accepted", MailKind.ACCEPTED
    DECLINED = "declined", MailKind.CANCELLED
    DELIVERED = "delivered", MailKind.DELIVERED
    CANCELLED = "cancelled", MailKind.CANCELLED
