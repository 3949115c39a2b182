"""Authorization: which principal may do which operation on which rows.

Every route names its operation; a server with a route without a policy does not start. An operation
that a principal may not do at all is `forbidden`. A row outside its scope is `not-found`, so that
nobody learns that another customer exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from reconciler.portal.rules.principals import Principal, PrincipalKind
from reconciler.portal.rules.problems import Problem


class RowScope(StrEnum):
    """The rows on which an operation may be done."""

    OWN = "own"
    """The principal's own requests and account."""
    TEAM = "team"
    """The other contacts of the principal's customer, never the principal."""
    CUSTOMER = "customer"
    """All rows of the principal's customer."""
    ASSIGNED = "theirs"
    """All rows of the customers that name the principal as a project manager."""
    ALL = "all"


_TOKENS: Final = (PrincipalKind.READ, PrincipalKind.APPLY, PrincipalKind.ADMIN)
_PEOPLE: Final = (
    PrincipalKind.REQUESTER,
    PrincipalKind.OBSERVER,
    PrincipalKind.MANAGER,
    PrincipalKind.PROJECT_MANAGER,
    PrincipalKind.ADMINISTRATOR,
)
_PROVIDER: Final = {
    PrincipalKind.PROJECT_MANAGER: RowScope.ASSIGNED,
    PrincipalKind.ADMINISTRATOR: RowScope.ALL,
}


def _all_rows(*kinds: PrincipalKind) -> dict[PrincipalKind, RowScope]:
    return dict.fromkeys(kinds, RowScope.ALL)


_READERS: Final = {
    PrincipalKind.REQUESTER: RowScope.OWN,
    PrincipalKind.OBSERVER: RowScope.CUSTOMER,
    PrincipalKind.MANAGER: RowScope.CUSTOMER,
    **_PROVIDER,
}
_FULL_READERS: Final = _all_rows(*_TOKENS, PrincipalKind.ADMINISTRATOR)
_ADMINISTRATION: Final = _all_rows(PrincipalKind.ADMIN, PrincipalKind.ADMINISTRATOR)
_TEAM: Final = {PrincipalKind.MANAGER: RowScope.TEAM, **_ADMINISTRATION}

# Operations without authentication.
PUBLIC: Final = frozenset(
    {
        "health.read",
        "document.read",
        "pages.open",
        "activate",
        "log-in",
        "sign-up",
        "reset",
    }
)

# Operation → principal kind → row scope.
PERMISSIONS: Final[Mapping[str, Mapping[PrincipalKind, RowScope]]] = MappingProxyType(
    {
        "account.read": dict.fromkeys(_PEOPLE, RowScope.OWN),
        "account.write": dict.fromkeys(_PEOPLE, RowScope.OWN),
        "log-out": dict.fromkeys(_PEOPLE, RowScope.OWN),
        "requests.send": {
            PrincipalKind.REQUESTER: RowScope.OWN,
            PrincipalKind.MANAGER: RowScope.OWN,
            PrincipalKind.ADMIN: RowScope.ALL,
        },
        "requests.read": {**_READERS, **_all_rows(*_TOKENS)},
        "requests.decide": {
            PrincipalKind.REQUESTER: RowScope.OWN,
            PrincipalKind.MANAGER: RowScope.CUSTOMER,
        },
        "requests.download": {**_READERS, PrincipalKind.ADMIN: RowScope.ALL},
        "requests.run": {**_PROVIDER, PrincipalKind.ADMIN: RowScope.ALL},
        "requests.reassign": _TEAM,
        "files.upload": {
            **dict.fromkeys(
                (
                    PrincipalKind.REQUESTER,
                    PrincipalKind.MANAGER,
                    PrincipalKind.PROJECT_MANAGER,
                    PrincipalKind.ADMINISTRATOR,
                ),
                RowScope.OWN,
            ),
            PrincipalKind.ADMIN: RowScope.ALL,
        },
        "statistics.read": {**_READERS, **_all_rows(*_TOKENS)},
        "contacts.read": {PrincipalKind.MANAGER: RowScope.CUSTOMER, **_FULL_READERS},
        "team.read": {PrincipalKind.MANAGER: RowScope.CUSTOMER},
        "contacts.edit": _TEAM,
        "contacts.remove": _TEAM,
        "contacts.hand-over": _TEAM,
        "contacts.add": _ADMINISTRATION,
        "contacts.admit": _ADMINISTRATION,
        "customers.read": _FULL_READERS,
        "customers.write": _ADMINISTRATION,
        "services.read": _FULL_READERS,
        "services.write": _ADMINISTRATION,
        "settings.read": _FULL_READERS,
        "settings.write": _ADMINISTRATION,
        "staff.read": _ADMINISTRATION,
        "staff.write": _ADMINISTRATION,
        "usage.read": _ADMINISTRATION,
        "outbox.read": _ADMINISTRATION,
        "outbox.retry": _ADMINISTRATION,
        "changes.read": _FULL_READERS,
        "history.read": _ADMINISTRATION,
        "metrics.read": _all_rows(PrincipalKind.METRICS, *_TOKENS),
        "meta.read": _all_rows(*_TOKENS),
        "snapshot.read": _all_rows(*_TOKENS),
        "leases.write": _all_rows(PrincipalKind.APPLY, PrincipalKind.ADMIN),
        "batches.write": _all_rows(PrincipalKind.APPLY, PrincipalKind.ADMIN),
    }
)

# The fields of a colleague that a manager may edit; services and protection are the provider's.
MANAGERS_FIELDS: Final = frozenset({"name", "email", "role", "language"})


@dataclass(frozen=True, slots=True)
class Grant:
    """An allowed operation: its principal and its row scope."""

    principal: Principal
    operation: str
    row_scope: RowScope

    def covers(
        self,
        *,
        customer: str | None,
        owner: str | None,
        managers: frozenset[str] = frozenset(),
    ) -> bool:
        """Return whether a row of this customer and owner (or contact) is in scope.

        `managers`: the addresses of the customer's project managers, in the form in which they are
        compared.
        """
        principal = self.principal
        match self.row_scope:
            case RowScope.OWN:
                return principal.person is not None and owner == principal.person
            case RowScope.TEAM:
                return (
                    customer is not None
                    and customer == principal.customer
                    and owner != principal.contact
                )
            case RowScope.CUSTOMER:
                return customer is not None and customer == principal.customer
            case RowScope.ASSIGNED:
                return principal.address is not None and principal.address in managers
            case RowScope.ALL:
                return True


def is_known_operation(operation: str) -> bool:
    """Return whether the policy has the operation."""
    return operation in PUBLIC or operation in PERMISSIONS


def row_scope_of(kind: PrincipalKind, operation: str) -> RowScope | None:
    """Return the rows on which this kind may do the operation; None if it may not."""
    return PERMISSIONS.get(operation, {}).get(kind)


def grant_for(principal: Principal | None, operation: str) -> Grant | None:
    """Return the grant; None for public operations. A problem if the operation is not allowed."""
    if operation in PUBLIC:
        return None
    if principal is None:
        raise Problem("unauthenticated", "log in, or send a valid token")
    reach = row_scope_of(principal.kind, operation)
    if reach is None:
        raise Problem("forbidden", f"'{principal.kind}' may not do '{operation}'")
    return Grant(principal, operation, reach)


def check_writable(grant: Grant, fields: Iterable[str]) -> None:
    """Raise a `forbidden` problem if the principal may not write one of these fields."""
    beyond = (
        sorted(set(fields) - MANAGERS_FIELDS) if grant.row_scope is RowScope.TEAM else []
    )
    if beyond:
        raise Problem("forbidden", f"'{grant.principal.kind}' may not write '{beyond[0]}'")
