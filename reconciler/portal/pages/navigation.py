"""The menu: its pages, each with the operation that it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reconciler.portal.rules.policy import row_scope_of
from reconciler.portal.rules.principals import PrincipalKind


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the menu: its path, the key of its name, the operation that it shows."""

    path: str
    word: str
    operation: str


WORK: Final = (
    Place("/requests", "nav.requests", "requests.read"),
    Place("/requests/new", "nav.new", "requests.send"),
    Place("/statistics", "nav.statistics", "statistics.read"),
    Place("/team", "nav.team", "team.read"),
)
ADMINISTRATION: Final = (
    Place("/admin/contacts", "nav.contacts", "contacts.admit"),
    Place("/admin/customers", "nav.customers", "customers.write"),
    Place("/admin/services", "nav.services", "services.write"),
    Place("/admin/staff", "nav.staff", "staff.write"),
    Place("/admin/settings", "nav.settings", "settings.write"),
    Place("/admin/outbox", "nav.outbox", "outbox.read"),
    Place("/admin/history", "nav.history", "history.read"),
    Place("/admin/usage", "nav.usage", "usage.read"),
)


def places(who: PrincipalKind, among: tuple[Place, ...]) -> list[Place]:
    """Return the entries that this kind of visitor may open."""
    return [place for place in among if row_scope_of(who, place.operation)]


# Forms that add to a list are sent to the list's address, and stand on a page of their own.
_BESIDE_A_LIST: Final = (
    "/requests",
    "/admin/contacts",
    "/admin/customers",
    "/admin/services",
    "/admin/staff",
)


def page_of_form(path: str, can_be_opened: Callable[[str], bool]) -> str:
    """Return the page with the form that is sent to this address."""
    if path in _BESIDE_A_LIST:
        return f"{path}/new"
    while path and not can_be_opened(path):
        path = path.rpartition("/")[0]
    return path or "/"


def home(who: PrincipalKind) -> str:
    """Return the first page of a visitor."""
    return next(
        (
            place.path
            for place in (*WORK, *ADMINISTRATION)
            if row_scope_of(who, place.operation)
        ),
        "/account",
    )
