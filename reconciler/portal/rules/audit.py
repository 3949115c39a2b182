"""What the history calls an act, and which sentence tells it.

The texts of verbs are in databases and in the change feed, where programs read them: they do not change.
A new act is one line in `Verb`; a new sentence is one line in `Deed` and one in `i18n.source.history`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Self


class Deed(StrEnum):
    """What an act did, as readers of the history are told; each has a sentence in every language."""

    ACCEPTED = "accepted"
    ACCOUNT_CHANGED = "account"
    ACTIVATED = "activated"
    ADDED = "added"
    ADOPTED = "adopted"
    APPROVED = "approved"
    ARCHIVED = "archived"
    ASSIGNED = "assigned"
    BROUGHT_BACK = "brought-back"
    CHANGED = "changed"
    CODE_RENEWED = "code-renewed"
    CODE_WITHDRAWN = "code-withdrawn"
    COUNTED = "counted"
    DECLINED = "declined"
    DELIVERED = "delivered"
    ERASED = "erased"
    EXPIRED = "expired"
    HANDED_OVER = "handed-over"
    INVITED = "invited"
    LIMITED = "limited"
    LINK_EXPIRED = "link-expired"
    NAMED = "named"
    PASSWORD_CHANGED = "password"
    PASSWORD_RESET = "reset"
    PROGRESSED = "progress"
    QUOTED = "quoted"
    REASSIGNED = "reassigned"
    RECORDED = "recorded"
    REFUSED = "refused"
    REJECTED = "rejected"
    RELEASED = "released"
    REMOVED = "removed"
    RENAMED = "renamed"
    RESENT = "resent"
    RESTORED = "restored"
    RETRIED = "retried"
    REVIVED = "revived"
    SEEDED = "seeded"
    SENT = "sent"
    SIGNED_UP = "signed-up"
    TOKEN_MADE = "token-made"
    TOKEN_REVOKED = "token-revoked"
    WITHDRAWN = "withdrawn"


class Verb(StrEnum):
    """Every act that the history keeps: its text, and the deed that tells it."""

    deed: Deed

    def __new__(cls, text: str, deed: Deed) -> Self:
        verb = str.__new__(cls, text)
        verb._value_ = text
        verb.deed = deed
        return verb

    # people, and the tools that act for them
    POST_CONTACTS = "POST contacts", Deed.ADDED
    PATCH_CONTACTS = "PATCH contacts", Deed.CHANGED
    CONTACTS_OFFBOARD = "contacts/offboard", Deed.REMOVED
    CONTACTS_HAND_OVER = "contacts/hand-over", Deed.HANDED_OVER
    CONTACTS_APPROVE = "contacts/approve", Deed.APPROVED
    CONTACTS_REJECT = "contacts/reject", Deed.REJECTED
    CONTACTS_ASSIGN = "contacts/assign", Deed.ASSIGNED
    CONTACTS_RESTORE = "contacts/restore", Deed.RESTORED
    CONTACTS_ERASE = "contacts/erase", Deed.ERASED
    CONTACTS_RESEND_ACTIVATION = "contacts/resend-activation", Deed.RESENT
    POST_CUSTOMERS = "POST customers", Deed.ADDED
    PATCH_CUSTOMERS = "PATCH customers", Deed.CHANGED
    CUSTOMERS_ARCHIVE = "customers/archive", Deed.ARCHIVED
    CUSTOMERS_RESTORE = "customers/restore", Deed.RESTORED
    CUSTOMERS_RENEW_CODE = "customers/renew-code", Deed.CODE_RENEWED
    CUSTOMERS_WITHDRAW_CODE = "customers/withdraw-code", Deed.CODE_WITHDRAWN
    POST_SERVICES = "POST services", Deed.ADDED
    PATCH_SERVICES = "PATCH services", Deed.CHANGED
    DELETE_SERVICES = "DELETE services", Deed.REMOVED
    PATCH_SETTINGS = "PATCH settings", Deed.CHANGED
    PORTAL_RENAME = "portal/rename", Deed.NAMED
    PORTAL_RESTORE = "portal/restore", Deed.BROUGHT_BACK
    POST_STAFF = "POST staff", Deed.INVITED
    PATCH_STAFF = "PATCH staff", Deed.CHANGED
    DELETE_STAFF = "DELETE staff", Deed.REMOVED
    STAFF_RESEND_ACTIVATION = "staff/resend-activation", Deed.RESENT
    INVITE = "invite", Deed.INVITED
    POST_REQUESTS = "POST requests", Deed.SENT
    PATCH_REQUESTS = "PATCH requests", Deed.CHANGED
    REQUESTS_APPROVE = "requests/approve", Deed.QUOTED
    REQUESTS_REJECT = "requests/reject", Deed.DECLINED
    REQUESTS_ACCEPT = "requests/accept", Deed.ACCEPTED
    REQUESTS_DECLINE = "requests/decline", Deed.REFUSED
    REQUESTS_CANCEL = "requests/cancel", Deed.WITHDRAWN
    REQUESTS_REVIVE = "requests/revive", Deed.REVIVED
    REQUESTS_PROGRESS = "requests/progress", Deed.PROGRESSED
    REQUESTS_DELIVER = "requests/deliver", Deed.DELIVERED
    REQUESTS_REASSIGN = "requests/reassign", Deed.REASSIGNED
    WORK_MOVED = "work_moved", Deed.REASSIGNED
    OUTBOX_RETRY = "outbox/retry", Deed.RETRIED
    TOKEN = "token", Deed.TOKEN_MADE
    TOKEN_REVOKE = "token/revoke", Deed.TOKEN_REVOKED
    # a person's own access
    SIGN_UP = "sign-up", Deed.SIGNED_UP
    ACTIVATE = "activate", Deed.ACTIVATED
    ACCOUNT = "account", Deed.ACCOUNT_CHANGED
    PASSWORD = "password", Deed.PASSWORD_CHANGED
    RESET = "reset", Deed.PASSWORD_RESET
    # what is refused
    LIMIT_REACHED = "limit_reached", Deed.LIMITED
    # the portal itself
    REQUESTS_COUNT = "requests/count", Deed.COUNTED
    QUOTE_EXPIRED = "quote_expired", Deed.EXPIRED
    LINK_EXPIRED = "link_expired", Deed.LINK_EXPIRED
    # the demonstration
    SEED = "seed", Deed.SEEDED
    # operations of a batch, by their `op`
    UPDATE_SETTINGS = "update_settings", Deed.CHANGED
    CREATE_SERVICE = "create_service", Deed.ADDED
    UPDATE_SERVICE = "update_service", Deed.CHANGED
    RENAME_SERVICE = "rename_service", Deed.RENAMED
    ADOPT_SERVICE = "adopt_service", Deed.ADOPTED
    REMOVE_SERVICE = "remove_service", Deed.REMOVED
    ADOPT_SETTINGS = "adopt_settings", Deed.ADOPTED
    CREATE_CUSTOMER = "create_customer", Deed.ADDED
    UPDATE_CUSTOMER = "update_customer", Deed.CHANGED
    RENAME_CUSTOMER = "rename_customer", Deed.RENAMED
    ADOPT_CUSTOMER = "adopt_customer", Deed.ADOPTED
    ARCHIVE_CUSTOMER = "archive_customer", Deed.ARCHIVED
    RESTORE_CUSTOMER = "restore_customer", Deed.RESTORED
    RELEASE_CUSTOMER = "release_customer", Deed.RELEASED
    CREATE_CONTACT = "create_contact", Deed.ADDED
    APPROVE_REGISTRATION = "approve_registration", Deed.APPROVED
    REJECT_REGISTRATION = "reject_registration", Deed.REJECTED
    ADOPT_CONTACT = "adopt_contact", Deed.ADOPTED
    UPDATE_CONTACT = "update_contact", Deed.CHANGED
    CHANGE_ROLE = "change_role", Deed.CHANGED
    CHANGE_EMAIL = "change_email", Deed.CHANGED
    RENAME_CONTACT = "rename_contact", Deed.RENAMED
    HAND_OVER_WORK = "hand_over_work", Deed.HANDED_OVER
    REMOVE_CONTACT = "remove_contact", Deed.REMOVED
    RESTORE_CONTACT = "restore_contact", Deed.RESTORED
    RELEASE_CONTACT = "release_contact", Deed.RELEASED
    RECORD = "record", Deed.RECORDED


VERBS: Final[Mapping[str, Verb]] = {str(verb): verb for verb in Verb}
"""The verbs by their texts."""


def deed_of(text: str) -> Deed:
    """The deed behind a text of the history; `CHANGED` for a text that only another version of the portal writes."""
    verb = VERBS.get(text)
    return verb.deed if verb else Deed.CHANGED
