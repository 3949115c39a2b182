"""The menu: its pages, each with the operation that it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reconciler.portal.rules.policy import row_scope_of
from reconciler.portal.rules.principals import PrincipalKind


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One line of the menu: its path, the key of its label, the operation that its page needs."""

    path: str
    label: str
    operation: str


WORK_ENTRIES: Final = (
    MenuEntry("/requests", "nav.requests", "requests.read"),
    MenuEntry("/requests/new", "nav.new", "requests.send"),
    MenuEntry("/statistics", "nav.statistics", "statistics.read"),
    MenuEntry("/team", "nav.team", "team.read"),
)
ADMINISTRATION_ENTRIES: Final = (
    MenuEntry("/admin/contacts", "nav.contacts", "contacts.admit"),
    MenuEntry("/admin/customers", "nav.customers", "customers.write"),
    MenuEntry("/admin/services", "nav.services", "services.write"),
    MenuEntry("/admin/staff", "nav.staff", "staff.write"),
    MenuEntry("/admin/settings", "nav.settings", "settings.write"),
    MenuEntry("/admin/outbox", "nav.outbox", "outbox.read"),
    MenuEntry("/admin/history", "nav.history", "history.read"),
    MenuEntry("/admin/usage", "nav.usage", "usage.read"),
)


def permitted_entries(
    principal_kind: PrincipalKind, entries: tuple[MenuEntry, ...]
) -> list[MenuEntry]:
    """Return those of the entries that this kind of visitor may open."""
    return [entry for entry in entries if row_scope_of(principal_kind, entry.operation)]


# Lists whose form for a new row is sent to the path of the list, but is on the page `/new`.
_LISTS_WITH_A_FORM_PAGE: Final = (
    "/requests",
    "/admin/contacts",
    "/admin/customers",
    "/admin/services",
    "/admin/staff",
)


def page_of_form(path: str, has_page: Callable[[str], bool]) -> str:
    """Return the path of the page with the form that is sent to this path.

    `has_page` tells whether a path answers to GET.
    """
    if path in _LISTS_WITH_A_FORM_PAGE:
        return f"{path}/new"
    # `/requests/ID/accept` has no page: its form is on the page of the request.
    while path and not has_page(path):
        path = path.rpartition("/")[0]
    return path or "/"


def home_path(principal_kind: PrincipalKind) -> str:
    """Return the path of a visitor's first page: the first entry that they may open."""
    return next(
        (
            entry.path
            for entry in (*WORK_ENTRIES, *ADMINISTRATION_ENTRIES)
            if row_scope_of(principal_kind, entry.operation)
        ),
        "/account",
    )
