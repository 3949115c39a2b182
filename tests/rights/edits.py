"""Single edits: of a contact's file, of the catalogue, in the portal; and what holds a group back.

Each edit is a name and a function. A function returns None where the edit changes nothing or cannot
be made, so that no case stands in the enumeration twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from reconciler.model.desired import DesiredContact, DesiredCustomer, DesiredService, DesiredState
from reconciler.model.live import LiveState, Status
from reconciler.model.values import Value
from tests.builders import contact
from tests.rights.cases import Case, edited, service, without

ROLES: Final = ("requester", "observer", "manager")
LISTS: Final[tuple[Value, ...]] = ("all", (), ("cert",), ("std",), ("cert", "std"))
STATUSES: Final = (Status.ACTIVE, Status.INVITED, Status.LINK_EXPIRED)
CATALOGUES: Final = ((False, False), (True, False), (True, True))
"""Whether cert and std are open to all; std alone is the second with the names exchanged."""
LEE: Final = ("lee@provider.example",)
OLDER: Final = "b0ffed"
"""A commit that the files do not descend from."""

ContactEdit: TypeAlias = Callable[[DesiredContact], DesiredContact | None]
PortalEdit: TypeAlias = Callable[[LiveState], LiveState | None]


def _field(name: str, value: Value) -> ContactEdit:
    def edit(one: DesiredContact) -> DesiredContact | None:
        if one.fields.get(name) == value and name in one.fields:
            return None
        return replace(one, fields={**one.fields, name: value})

    return edit


def _unsaid(one: DesiredContact) -> DesiredContact:
    return replace(one, fields={name: value for name, value in one.fields.items() if name != "services"})


def _renamed(one: DesiredContact) -> DesiredContact:
    key = f"{one.key}-new"
    blank = contact(key, one.customer)
    return replace(blank, fields=one.fields, previously=(one.key,))


def _demoted_and_narrowed(one: DesiredContact) -> DesiredContact:
    return replace(one, fields={**one.fields, "role": "observer", "services": ()})


CONTACT_EDITS: Final[Mapping[str, ContactEdit]] = {
    "keep": lambda one: one,
    "rename": _renamed,
    "other address": _field("email", "other@acme.example"),
    "other name": _field("name", "Sam Sung"),
    "protect": _field("protected", True),
    "unprotect": _field("protected", False),
    "all services unsaid": _unsaid,
    "services: null": _field("services", None),
    "demote and narrow": _demoted_and_narrowed,
    **{f"role: {role}": _field("role", role) for role in ROLES},
    **{f"services: {listed}": _field("services", listed) for listed in LISTS},
}
"""Edits of a contact's file that stays; that it goes is `None` in `enumeration.persons`."""


@dataclass(frozen=True, slots=True)
class CatalogueEdit:
    """The services after an edit, and by which keys the lists of the files call them then."""

    services: tuple[DesiredService, ...]
    keys: Mapping[str, str | None]

    def listed(self, value: Value) -> Value:
        """A list of services as `validate` accepts it after the edit."""
        if not isinstance(value, tuple):
            return value
        found = (self.keys.get(key, key) for key in value)
        return tuple(sorted(key for key in found if key is not None))


def catalogue(cert: bool, std: bool) -> tuple[DesiredService, DesiredService]:
    """The services cert and std, each open to all or not."""
    return service("cert", open_to_all=cert), service("std", open_to_all=std)


CATALOGUE_EDITS: Final = (
    "keep",
    "flip cert",
    "flip std",
    "flip both",
    "retire cert",
    "retire std",
    "add closed",
    "add open",
    "rename cert",
    "rename and flip cert",
    "replace by closed",
    "replace by open",
    "exchange std for open",
)


def edit_catalogue(name: str, cert: bool, std: bool) -> CatalogueEdit:
    """The edit of this name, of a catalogue of cert and std."""
    old_cert, old_std = catalogue(cert, std)
    fresh = {flag: service("fresh", open_to_all=flag, name="Cert") for flag in (False, True)}
    sworn = {flag: service("sworn", open_to_all=flag, name="Cert", previously=("cert",)) for flag in (cert, not cert)}
    gone: dict[str, str | None] = {"cert": None}
    services: Mapping[str, tuple[tuple[DesiredService, ...], Mapping[str, str | None]]] = {
        "keep": ((old_cert, old_std), {}),
        "flip cert": (catalogue(not cert, std), {}),
        "flip std": (catalogue(cert, not std), {}),
        "flip both": (catalogue(not cert, not std), {}),
        "retire cert": ((old_std,), gone),
        "retire std": ((old_cert,), {"std": None}),
        "add closed": ((old_cert, old_std, fresh[False]), {}),
        "add open": ((old_cert, old_std, fresh[True]), {}),
        "rename cert": ((sworn[cert], old_std), {"cert": "sworn"}),
        "rename and flip cert": ((sworn[not cert], old_std), {"cert": "sworn"}),
        "replace by closed": ((old_std, fresh[False]), {"cert": "fresh"}),
        "replace by open": ((old_std, fresh[True]), gone),
        "exchange std for open": ((fresh[True], old_cert), {"std": "fresh"}),
    }
    return CatalogueEdit(*services[name])


def _row(table: str, id: str, name: str, value: Value) -> PortalEdit:
    def edit(live: LiveState) -> LiveState | None:
        rows: Mapping[str, Any] = getattr(live, table)
        if id not in rows or rows[id].fields.get(name) == value:
            return None
        return edited(live, table, id, **{name: value})

    return edit


def _gone(id: str) -> PortalEdit:
    return lambda live: without(live, id)


def row_edits(person: str, home: str) -> Mapping[str, PortalEdit]:
    """Edits of an administrator: of one contact, their customer and the catalogue."""
    return {
        "nothing": lambda live: live,
        **{f"{person} is {role}": _row("contacts", person, "role", role) for role in ROLES},
        **{f"{person} lists {value}": _row("contacts", person, "services", value) for value in LISTS},
        f"{person} is protected": _row("contacts", person, "protected", True),
        f"{person} is removed": _gone(person),
        **catalogue_edits(home),
        f"{home} is archived": _gone(home),
    }


def catalogue_edits(home: str) -> Mapping[str, PortalEdit]:
    """Edits of an administrator: of a customer and the catalogue."""
    return {
        **{f"{home} lists {value}": _row("customers", home, "services", value) for value in LISTS},
        f"{home} has a project manager": _row("customers", home, "project_managers", LEE),
        f"{home} has no project manager": _row("customers", home, "project_managers", ()),
        **{
            f"{key} is {'open' if flag else 'closed'}": _row("services", f"svc_{key}", "available_to_all", flag)
            for key in ("cert", "std")
            for flag in (False, True)
        },
    }


@dataclass(frozen=True, slots=True)
class Held:
    """Files and portal with a reason that holds one group back, and the run's terms."""

    after: DesiredState
    live: LiveState
    scope: Mapping[str, Any]
    reason: tuple[str, ...]


HOLDS: Final = ("none", "older commit", "conflict", "settings")
BESIDE: Final = (
    ("keep", "none"),
    ("keep", "older commit"),
    ("flip cert", "settings"),
    ("retire cert", "none"),
)
"""Edits of the catalogue beside the edit of one person, and what holds a group back then."""
TERMS: Final[tuple[Mapping[str, Any], ...]] = (
    {"customers": frozenset({"acme"})},
    {"customers": frozenset({"beta"})},
    {"shard": (1, 2)},
    {"shard": (2, 2)},
)
HOLDS_AND_TERMS: Final[tuple[str | Mapping[str, Any], ...]] = (*HOLDS, *TERMS)


def held(how: str | Mapping[str, Any], after: DesiredState, live: LiveState, home: str = "acme") -> Held | None:
    """The case with this reason; None where the customer has no file that could carry it."""
    if not isinstance(how, str):
        return Held(after, live, how, ())
    if how == "none":
        return Held(after, live, {}, ())
    if how == "settings":
        fields = {**after.settings.fields, "sign_up": "approval_required"}
        moved = replace(after, settings=replace(after.settings, fields=fields))
        return Held(moved, edited(live, "settings", "settings", sign_up="open"), {}, ("sign_up is open",))
    row = live.customers[f"cus_{home}"]
    if row.archived:
        return None
    if how == "older commit":
        rows = {**live.customers, row.id: replace(row, last_commit=OLDER)}
        return Held(after, replace(live, customers=rows), {}, (f"{home} was applied from {OLDER}",))
    if home not in after.customers:
        return None
    folder: DesiredCustomer = after.customers[home]
    folder = replace(folder, fields={**folder.fields, "name": "Acme One"})
    renamed = replace(after, customers={**after.customers, home: folder})
    return Held(
        renamed,
        edited(live, "customers", row.id, name="Acme Two"),
        {},
        (f"{home} is called Acme Two",),
    )


def case_of(
    before: DesiredState,
    after: DesiredState,
    live: LiveState,
    in_live: str,
    hold: Any,
    *,
    rename: bool = False,
) -> Case | None:
    """The case with a reason that holds a group back; None where it cannot have it."""
    found = held(hold, after, live)
    if found is None:
        return None
    return Case(before, found.after, found.live, (in_live, *found.reason), found.scope, rename)
