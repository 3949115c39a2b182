"""A case: the files that were applied, the files to apply now, and what was edited in the portal
between.

`applied_portal` is the portal right after the first files were applied; `edited` and `without` are
the edits of an administrator. `Case.text` prints a case as two sets of files, for a counterexample.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from reconciler.model.desired import DesiredCustomer, DesiredService, DesiredState, Place
from reconciler.model.live import Actor, Applied, LiveObject, LiveState, Status, Touch
from reconciler.model.values import Fields
from tests.builders import OWNER, RECENTLY, customer_in_portal, desired, in_portal, live, removed

ADMIN: Final = Touch("Ada Admin", Actor.ADMINISTRATOR, RECENTLY)
LAX: Final[Fields] = {"policy.mails_per_run": 1000}
"""Settings under which no limit of mails hides the rest."""
_CUSTOMER: Final[Fields] = {
    "description": None,
    "language": "en",
    "project_managers": (),
    "services": (),
    "email_domains": (),
    "protected": False,
}
_CONTACT: Final[Fields] = {"services": "all", "language": None, "protected": False}


@dataclass(frozen=True, slots=True)
class Case:
    """What a plan is made from, and how it came about.

    `edits`: what was edited in the portal since `before` was applied, in words. `scope`: the
    members of the run's terms. `rename`: whether `after` does nothing but rename something.
    """

    before: DesiredState
    after: DesiredState
    live: LiveState
    edits: tuple[str, ...] = ()
    scope: Mapping[str, Any] = field(default_factory=dict)
    rename: bool = False

    def text(self) -> str:
        """The case as people read it: two sets of files, edits in the portal, the run's terms."""
        before, after = _lines(self.before), _lines(self.after)
        return "\n".join(
            [
                *("# in both sets of files", *(line for line in before if line in after)),
                *(
                    "# only in the files applied before",
                    *(line for line in before if line not in after),
                ),
                *(
                    "# only in the files to apply now",
                    *(line for line in after if line not in before),
                ),
                f"# edited in the portal: {'; '.join(self.edits) or 'nothing'}",
                f"# the run: {dict(self.scope) or 'everything'}",
            ]
        )


def service(key: str, *, open_to_all: bool, **members: Any) -> DesiredService:
    """A service of `portal.yaml`; `members` are those of the file's value, such as `previously`."""
    fields = {"name": members.pop("name", key.title()), "available_to_all": open_to_all}
    return DesiredService(key, fields, Place("portal.yaml", 9), **members)


def files(
    folders: Iterable[DesiredCustomer],
    services: Iterable[DesiredService],
    *,
    sign_up: str = "closed",
    **more: Any,
) -> DesiredState:
    """A tree of these customers and services."""
    policy = more.pop("settings", LAX)
    catalogue = {one.key: one for one in services}
    return desired(*folders, settings={"sign_up": sign_up, **policy}, services=catalogue, **more)


def applied_portal(tree: DesiredState, statuses: Mapping[str, Status] | None = None) -> LiveState:
    """The portal to which exactly these files were applied; who is not in `statuses` is active."""
    standing = statuses or {}
    customers, people = [], []
    for folder in tree.customers.values():
        customers.append(customer_in_portal(folder, **{**_CUSTOMER, **_shown(folder.fields)}))
        for one in folder.contacts.values():
            status = standing.get(f"{folder.key}/{one.key}", Status.ACTIVE)
            people.append(in_portal(one, status=status, **{**_CONTACT, **_shown(one.fields)}))
    services = {f"svc_{key}": _service_row(one) for key, one in (tree.services or {}).items()}
    state = live(*customers, *people, services=services)
    base = tree.settings.fields
    settings = replace(state.settings, fields=_shown(base), applied=Applied(True, dict(base)))
    return replace(state, settings=settings)


def _service_row(one: DesiredService) -> LiveObject:
    fields = {"code": one.key, "description": None, **one.fields}
    return LiveObject(f"svc_{one.key}", 1, fields, one.key, OWNER, Applied(True, dict(one.fields)))


def _shown(fields: Fields) -> dict[str, Any]:
    """Without what the portal only remembers."""
    memos = {"heir", "manager_optional", "portal_edits"}
    return {name: value for name, value in fields.items() if name not in memos and not name.startswith("policy.")}


def edited(state: LiveState, table: str, id: str, **fields: Any) -> LiveState:
    """The portal after an administrator wrote these fields of one row."""
    if table == "settings":
        return replace(state, settings=_touched(state.settings, fields))
    rows: Mapping[str, Any] = getattr(state, table)
    changed: dict[str, Any] = {table: {**rows, id: _touched(rows[id], fields)}}
    return replace(state, **changed)


def _touched(row: Any, fields: Fields) -> Any:
    return replace(
        row,
        version=row.version + 1,
        fields={**row.fields, **fields},
        touched={**row.touched, **dict.fromkeys(fields, ADMIN)},
    )


def without(state: LiveState, id: str) -> LiveState:
    """The portal after an administrator removed the contact, or archived the customer."""
    if id in state.contacts:
        gone = replace(state.contacts[id], status=Status.REMOVED, removal=removed())
        return replace(state, contacts={**state.contacts, id: gone})
    home = replace(state.customers[id], removal=removed())
    out = {
        one.id: replace(one, status=Status.REMOVED, removal=replace(removed(), with_customer=True))
        for one in state.contacts.values()
        if one.customer_id == id and one.living
    }
    return replace(state, customers={**state.customers, id: home}, contacts={**state.contacts, **out})


def _lines(tree: DesiredState) -> list[str]:
    lines = [f"portal.yaml: {_flow(tree.settings.fields)}"]
    for key, one in (tree.services or {}).items():
        lines.append(f"portal.yaml: services: {key}: {_flow(one.fields)}{_members(one)}")
    for folder in tree.customers.values():
        lines.append(f"{folder.key}/customer.yaml: {_flow(folder.fields)}{_members(folder)}")
        lines += [
            f"{folder.key}/contacts/{one.key}.yaml: {_flow(one.fields)}{_members(one)}"
            for one in folder.contacts.values()
        ]
        lines += [f"{folder.key}/removed/{key}.yaml: {{}}" for key in folder.farewells]
    return lines


def _members(one: Any) -> str:
    previously = getattr(one, "previously", ())
    return f" previously: {list(previously)}" if previously else ""


def _flow(fields: Fields) -> str:
    return "{" + ", ".join(f"{name}: {_value(value)}" for name, value in fields.items()) + "}"


def _value(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case tuple():
            return "[" + ", ".join(value) + "]"
        case _:
            return str(value)
