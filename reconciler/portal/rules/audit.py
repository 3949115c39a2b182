"""The actions that the history records, and the effect that describes each to readers.

The texts of actions are in databases and in the change feed, where programs read them: they never
change. A new action is one line in `AuditAction`; a new sentence is one line in `Effect` and one in
`i18n.source.history`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Self


class Effect(StrEnum):
    """The effect of an action; each has a sentence in every language of the pages."""

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


class AuditAction(StrEnum):
    """Every action in the history: its text and its effect."""

    effect: Effect

    def __new__(cls, text: str, effect: Effect) -> Self:
        action = str.__new__(cls, text)
        # set here, because the enum would take the whole tuple for the value
        action._value_ = text
        action.effect = effect
        return action

    # people and their tools
    POST_CONTACTS = "POST contacts", Effect.ADDED
    PATCH_CONTACTS = "PATCH contacts", Effect.CHANGED
    CONTACTS_OFFBOARD = "contacts/offboard", Effect.REMOVED
    CONTACTS_HAND_OVER = "contacts/hand-over", Effect.HANDED_OVER
    CONTACTS_APPROVE = "contacts/approve", Effect.APPROVED
    CONTACTS_REJECT = "contacts/reject", Effect.REJECTED
    CONTACTS_ASSIGN = "contacts/assign", Effect.ASSIGNED
    CONTACTS_RESTORE = "contacts/restore", Effect.RESTORED
    CONTACTS_ERASE = "contacts/erase", Effect.ERASED
    CONTACTS_RESEND_ACTIVATION = "contacts/resend-activation", Effect.RESENT
    POST_CUSTOMERS = "POST customers", Effect.ADDED
    PATCH_CUSTOMERS = "PATCH customers", Effect.CHANGED
    CUSTOMERS_ARCHIVE = "customers/archive", Effect.ARCHIVED
    CUSTOMERS_RESTORE = "customers/restore", Effect.RESTORED
    CUSTOMERS_RENEW_CODE = "customers/renew-code", Effect.CODE_RENEWED
    CUSTOMERS_WITHDRAW_CODE = "customers/withdraw-code", Effect.CODE_WITHDRAWN
    POST_SERVICES = "POST services", Effect.ADDED
    PATCH_SERVICES = "PATCH services", Effect.CHANGED
    DELETE_SERVICES = "DELETE services", Effect.REMOVED
    PATCH_SETTINGS = "PATCH settings", Effect.CHANGED
    PORTAL_RENAME = "portal/rename", Effect.NAMED
    PORTAL_RESTORE = "portal/restore", Effect.BROUGHT_BACK
    POST_STAFF = "POST staff", Effect.INVITED
    PATCH_STAFF = "PATCH staff", Effect.CHANGED
    DELETE_STAFF = "DELETE staff", Effect.REMOVED
    STAFF_RESEND_ACTIVATION = "staff/resend-activation", Effect.RESENT
    INVITE = "invite", Effect.INVITED
    POST_REQUESTS = "POST requests", Effect.SENT
    PATCH_REQUESTS = "PATCH requests", Effect.CHANGED
    REQUESTS_APPROVE = "requests/approve", Effect.QUOTED
    REQUESTS_REJECT = "requests/reject", Effect.DECLINED
    REQUESTS_ACCEPT = "requests/accept", Effect.ACCEPTED
    REQUESTS_DECLINE = "requests/decline", Effect.REFUSED
    REQUESTS_CANCEL = "requests/cancel", Effect.WITHDRAWN
    REQUESTS_REVIVE = "requests/revive", Effect.REVIVED
    REQUESTS_PROGRESS = "requests/progress", Effect.PROGRESSED
    REQUESTS_DELIVER = "requests/deliver", Effect.DELIVERED
    REQUESTS_REASSIGN = "requests/reassign", Effect.REASSIGNED
    WORK_MOVED = "work_moved", Effect.REASSIGNED
    OUTBOX_RETRY = "outbox/retry", Effect.RETRIED
    TOKEN = "token", Effect.TOKEN_MADE
    TOKEN_REVOKE = "token/revoke", Effect.TOKEN_REVOKED
    # a person's own access
    SIGN_UP = "sign-up", Effect.SIGNED_UP
    ACTIVATE = "activate", Effect.ACTIVATED
    ACCOUNT = "account", Effect.ACCOUNT_CHANGED
    PASSWORD = "password", Effect.PASSWORD_CHANGED
    RESET = "reset", Effect.PASSWORD_RESET
    # refusals
    LIMIT_REACHED = "limit_reached", Effect.LIMITED
    # the portal itself
    REQUESTS_COUNT = "requests/count", Effect.COUNTED
    QUOTE_EXPIRED = "quote_expired", Effect.EXPIRED
    LINK_EXPIRED = "link_expired", Effect.LINK_EXPIRED
    # the demonstration
    SEED = "seed", Effect.SEEDED
    # operations of a batch, by their `op`
    UPDATE_SETTINGS = "update_settings", Effect.CHANGED
    CREATE_SERVICE = "create_service", Effect.ADDED
    UPDATE_SERVICE = "update_service", Effect.CHANGED
    RENAME_SERVICE = "rename_service", Effect.RENAMED
    ADOPT_SERVICE = "adopt_service", Effect.ADOPTED
    REMOVE_SERVICE = "remove_service", Effect.REMOVED
    ADOPT_SETTINGS = "adopt_settings", Effect.ADOPTED
    CREATE_CUSTOMER = "create_customer", Effect.ADDED
    UPDATE_CUSTOMER = "update_customer", Effect.CHANGED
    RENAME_CUSTOMER = "rename_customer", Effect.RENAMED
    ADOPT_CUSTOMER = "adopt_customer", Effect.ADOPTED
    ARCHIVE_CUSTOMER = "archive_customer", Effect.ARCHIVED
    RESTORE_CUSTOMER = "restore_customer", Effect.RESTORED
    RELEASE_CUSTOMER = "release_customer", Effect.RELEASED
    CREATE_CONTACT = "create_contact", Effect.ADDED
    APPROVE_REGISTRATION = "approve_registration", Effect.APPROVED
    REJECT_REGISTRATION = "reject_registration", Effect.REJECTED
    ADOPT_CONTACT = "adopt_contact", Effect.ADOPTED
    UPDATE_CONTACT = "update_contact", Effect.CHANGED
    CHANGE_ROLE = "change_role", Effect.CHANGED
    CHANGE_EMAIL = "change_email", Effect.CHANGED
    RENAME_CONTACT = "rename_contact", Effect.RENAMED
    HAND_OVER_WORK = "hand_over_work", Effect.HANDED_OVER
    REMOVE_CONTACT = "remove_contact", Effect.REMOVED
    RESTORE_CONTACT = "restore_contact", Effect.RESTORED
    RELEASE_CONTACT = "release_contact", Effect.RELEASED
    RECORD = "record", Effect.RECORDED
    REBASE_HISTORY = "rebase_history", Effect.RECORDED


# The actions by their texts.
AUDIT_ACTIONS: Final[Mapping[str, AuditAction]] = {
    str(action): action for action in AuditAction
}


def effect_of(text: str) -> Effect:
    """Return the effect of a text in the history; `CHANGED` for unknown texts."""
    action = AUDIT_ACTIONS.get(text)
    return action.effect if action else Effect.CHANGED
