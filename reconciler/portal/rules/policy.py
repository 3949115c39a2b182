"""Who may do what: the one table, and everything that is not in it is refused.

Every route names its operation; a server with a route whose operation is missing here does not start.
"""

from __future__ import annotations

from typing import Final

from reconciler.portal.rules.principals import Principal, Scope
from reconciler.portal.rules.problems import Problem

_ANY: Final = frozenset(Scope)
_APPLY: Final = frozenset({Scope.APPLY, Scope.ADMIN})
_ADMIN: Final = frozenset({Scope.ADMIN})

PUBLIC: Final = frozenset({"health.read", "document.read", "activate", "log-in"})
"""What anybody may do without saying who they are."""

SCOPES: Final = {
    "meta.read": _ANY, "snapshot.read": _ANY, "changes.read": _ANY, "outbox.read": _ADMIN,
    "settings.read": _ANY, "services.read": _ANY, "customers.read": _ANY, "contacts.read": _ANY,
    "requests.read": _ANY, "leases.write": _APPLY, "batches.write": _APPLY,
    "settings.write": _ADMIN, "services.write": _ADMIN, "customers.write": _ADMIN, "contacts.write": _ADMIN,
    "requests.write": _ADMIN, "log-out": frozenset[Scope](), "account.read": frozenset[Scope](),
}  # fmt: skip
"""The token scopes that allow an operation."""

OWN: Final = frozenset({"log-out", "account.read"})
"""What a logged-in contact may do with what is her own."""


def known(operation: str) -> bool:
    """Whether the table says anything about the operation."""
    return operation in PUBLIC or operation in SCOPES


def must_be_allowed(principal: Principal | None, operation: str) -> None:
    """A problem unless the principal may do the operation at all."""
    if operation in PUBLIC:
        return
    if principal is None:
        raise Problem("unauthenticated", "a valid token is needed")
    if principal.contact is not None and operation in OWN:
        return
    if principal.scope is None or principal.scope not in SCOPES[operation]:
        raise Problem("forbidden", f"this token may not do '{operation}'")
