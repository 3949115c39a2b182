"""Who may do what, and with whose things: the one table. What is not in it is refused.

Every route names its operation; a server with a route whose operation is missing here does not start.
An operation that somebody may not do at all is `forbidden`; a thing beyond their reach is `not-found`, so
that nobody learns that another customer exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from reconciler.portal.rules.principals import Principal, Who
from reconciler.portal.rules.problems import Problem


class Reach(StrEnum):
    """Whose things an operation may be done with."""

    OWN = "own"
    """One's own: one's requests, one's account."""
    TEAM = "team"
    """The other contacts of one's customer, never oneself."""
    CUSTOMER = "customer"
    """Everything of one's customer."""
    THEIRS = "theirs"
    """Everything of the customers that one looks after as a project manager."""
    ALL = "all"


_TOKENS: Final = (Who.READ, Who.APPLY, Who.ADMIN)
_PEOPLE: Final = (Who.REQUESTER, Who.OBSERVER, Who.MANAGER, Who.PROJECT_MANAGER, Who.ADMINISTRATOR)
_PROVIDER: Final = {Who.PROJECT_MANAGER: Reach.THEIRS, Who.ADMINISTRATOR: Reach.ALL}


def _all(*who: Who) -> dict[Who, Reach]:
    return dict.fromkeys(who, Reach.ALL)


_SEEING: Final = {
    Who.REQUESTER: Reach.OWN, Who.OBSERVER: Reach.CUSTOMER, Who.MANAGER: Reach.CUSTOMER, **_PROVIDER,
}  # fmt: skip
_EVERYTHING_READ: Final = _all(*_TOKENS, Who.ADMINISTRATOR)
_ADMINISTRATION: Final = _all(Who.ADMIN, Who.ADMINISTRATOR)
_TEAM: Final = {Who.MANAGER: Reach.TEAM, **_ADMINISTRATION}

PUBLIC: Final = frozenset({
    "health.read", "document.read", "pages.open", "activate", "log-in", "sign-up", "reset",
})  # fmt: skip
"""What anybody may do without saying who they are."""

MATRIX: Final[Mapping[str, Mapping[Who, Reach]]] = MappingProxyType({
    "account.read": dict.fromkeys(_PEOPLE, Reach.OWN),
    "account.write": dict.fromkeys(_PEOPLE, Reach.OWN),
    "log-out": dict.fromkeys(_PEOPLE, Reach.OWN),
    "requests.send": {Who.REQUESTER: Reach.OWN, Who.MANAGER: Reach.OWN, Who.ADMIN: Reach.ALL},
    "requests.read": {**_SEEING, **_all(*_TOKENS)},
    "requests.decide": {Who.REQUESTER: Reach.OWN, Who.MANAGER: Reach.CUSTOMER},
    "requests.download": {**_SEEING, Who.ADMIN: Reach.ALL},
    "requests.run": {**_PROVIDER, Who.ADMIN: Reach.ALL},
    "requests.reassign": _TEAM,
    "files.upload": {
        **dict.fromkeys((Who.REQUESTER, Who.MANAGER, Who.PROJECT_MANAGER, Who.ADMINISTRATOR), Reach.OWN),
        Who.ADMIN: Reach.ALL,
    },
    "statistics.read": {**_SEEING, **_all(*_TOKENS)},
    "contacts.read": {Who.MANAGER: Reach.CUSTOMER, **_EVERYTHING_READ},
    "team.read": {Who.MANAGER: Reach.CUSTOMER},
    "contacts.edit": _TEAM,
    "contacts.remove": _TEAM,
    "contacts.hand-over": _TEAM,
    "contacts.add": _ADMINISTRATION,
    "contacts.admit": _ADMINISTRATION,
    "customers.read": _EVERYTHING_READ,
    "customers.write": _ADMINISTRATION,
    "services.read": _EVERYTHING_READ,
    "services.write": _ADMINISTRATION,
    "settings.read": _EVERYTHING_READ,
    "settings.write": _ADMINISTRATION,
    "staff.read": _ADMINISTRATION,
    "staff.write": _ADMINISTRATION,
    "usage.read": _ADMINISTRATION,
    "outbox.read": _ADMINISTRATION,
    "outbox.retry": _ADMINISTRATION,
    "changes.read": _EVERYTHING_READ,
    "history.read": _ADMINISTRATION,
    "metrics.read": _all(Who.METRICS, *_TOKENS),
    "meta.read": _all(*_TOKENS),
    "snapshot.read": _all(*_TOKENS),
    "leases.write": _all(Who.APPLY, Who.ADMIN),
    "batches.write": _all(Who.APPLY, Who.ADMIN),
})  # fmt: skip
"""Operation → who may do it → with whose things."""

MANAGERS_FIELDS: Final = frozenset({"name", "email", "role", "language"})
"""What a manager edits of a colleague; the services and the protection of a contact are the provider's."""


@dataclass(frozen=True, slots=True)
class Grant:
    """An operation that was allowed: to whom, and with whose things."""

    principal: Principal
    operation: str
    reach: Reach

    def covers(self, *, customer: str | None, owner: str | None, managers: frozenset[str] = frozenset()) -> bool:
        """Whether a thing of this customer, whose owner (or the contact itself) is `owner`, is within reach.

        `managers`: the addresses of the customer's project managers, in the form in which they compare.
        """
        who = self.principal
        match self.reach:
            case Reach.OWN:
                return who.person is not None and owner == who.person
            case Reach.TEAM:
                return customer is not None and customer == who.customer and owner != who.contact
            case Reach.CUSTOMER:
                return customer is not None and customer == who.customer
            case Reach.THEIRS:
                return who.address is not None and who.address in managers
            case Reach.ALL:
                return True


def known(operation: str) -> bool:
    """Whether the table says anything about the operation."""
    return operation in PUBLIC or operation in MATRIX


def reach_of(who: Who, operation: str) -> Reach | None:
    """With whose things they may do it; None: with none."""
    return MATRIX.get(operation, {}).get(who)


def granted(principal: Principal | None, operation: str) -> Grant | None:
    """The grant; None for what anybody may do. A problem unless the principal may do the operation at all."""
    if operation in PUBLIC:
        return None
    if principal is None:
        raise Problem("unauthenticated", "log in, or send a valid token")
    reach = reach_of(principal.who, operation)
    if reach is None:
        raise Problem("forbidden", f"'{principal.who}' may not do '{operation}'")
    return Grant(principal, operation, reach)


def may_write(grant: Grant, fields: Iterable[str]) -> None:
    """A `forbidden` problem when one of these fields of a contact is not the principal's to write."""
    beyond = sorted(set(fields) - MANAGERS_FIELDS) if grant.reach is Reach.TEAM else []
    if beyond:
        raise Problem("forbidden", f"'{grant.principal.who}' may not write '{beyond[0]}'")
