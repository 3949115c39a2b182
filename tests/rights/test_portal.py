"""Against a real portal: no run takes a right that it did not show, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.model.desired import DesiredService, DesiredState
from reconciler.portal.actions import contacts, customers
from reconciler.portal.actions.fields import set_fields
from reconciler.portal.actions.invariants import check_work_has_owners
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store.unit_of_work import Row, Work
from tests.builders import contact, customer
from tests.examples import examples
from tests.rights.cases import files, service
from tests.rights.edits import LEE, ROLES
from tests.rights.strategies import KEYS, run_terms, trees
from tests.rights.watching import Trouble, snapshot, watched_run
from tests.runs.world import Served, World

LISTS: tuple[Any, ...] = ("all", [], ["cert"], ["law", "std"])


@dataclass(frozen=True)
class Deed:
    """Something that an administrator does in the portal."""

    what: str
    who: int
    value: int


deeds = st.builds(
    Deed,
    st.sampled_from(["role", "list", "remove", "customer's list", "open or close", "name"]),
    st.integers(0, 40),
    st.integers(0, 40),
)


def do(world: World, deed: Deed) -> None:
    """The deed, unless the portal refuses it."""
    try:
        with world.as_admin() as work:
            _DEEDS[deed.what](work, deed)
            check_work_has_owners(work)
    except Problem:
        return


def _pick(rows: list[Row], deed: Deed) -> Row | None:
    return rows[deed.who % len(rows)] if rows else None


def _person(work: Work, deed: Deed, fields: Callable[[int], dict[str, Any]]) -> None:
    living = [row for row in work.where("contact") if row["status"] in {"active", "invited"}]
    if row := _pick(living, deed):
        work.audit(AuditAction.PATCH_CONTACTS, row, *contacts.edit(work, row, fields(deed.value)))


def _remove(work: Work, deed: Deed) -> None:
    living = [row for row in work.where("contact") if row["status"] == "active"]
    if row := _pick(living, deed):
        work.audit(AuditAction.CONTACTS_OFFBOARD, row, *contacts.remove(work, row, None, "left"))


def _customer(work: Work, deed: Deed, fields: Callable[[int], dict[str, Any]]) -> None:
    if row := _pick(work.where("customer"), deed):
        work.audit(AuditAction.PATCH_CUSTOMERS, row, *customers.edit(work, row, fields(deed.value)))


def _service(work: Work, deed: Deed) -> None:
    if row := _pick(work.where("service"), deed):
        change = {"available_to_all": not row["available_to_all"]}
        work.audit(AuditAction.PATCH_SERVICES, row, *set_fields(work, row, change))


_DEEDS: dict[str, Callable[[Work, Deed], None]] = {
    "role": partial(_person, fields=lambda value: {"role": ROLES[value % len(ROLES)]}),
    "list": partial(_person, fields=lambda value: {"services": LISTS[value % len(LISTS)]}),
    "remove": _remove,
    "customer's list": partial(_customer, fields=lambda value: {"services": LISTS[value % len(LISTS)]}),
    "open or close": _service,
    "name": partial(_customer, fields=lambda value: {"name": f"Renamed {value}"}),
}


def activate_all(world: World) -> None:
    with world.as_admin() as work:
        for row in work.where("contact"):
            if row["status"] == "invited":
                row["status"] = "active"
                work.audit(AuditAction.ACTIVATE, row, None, None)


def applied(served: Served, tree: DesiredState) -> World:
    """A portal to which these files were applied, and where everybody is active."""
    world = World(served)
    watched_run(world, tree)
    activate_all(world)
    return world


troubles = st.builds(
    Trouble,
    st.integers(1, 3),
    st.sampled_from(["edited", "killed", "unanswered"]),
    st.booleans(),
)


@given(trees(), st.lists(deeds, max_size=2), troubles, deeds, run_terms)
@settings(max_examples=examples(25), suppress_health_check=list(HealthCheck), deadline=None)
def test_no_run_takes_a_right_that_it_did_not_show(  # noqa: PLR0917  one value of each strategy
    served: Served,
    both: tuple[DesiredState, DesiredState],
    before_the_plan: list[Deed],
    trouble: Trouble,
    after_the_plan: Deed,
    scope: dict[str, Any],
) -> None:
    before, after = both
    world = applied(served, before)
    for deed in before_the_plan:
        do(world, deed)
    known = scope.get("customers", frozenset()) <= before.customers.keys() | after.customers.keys()
    first = watched_run(
        world,
        after,
        trouble=trouble,
        act=lambda: do(world, after_the_plan),
        **(scope if known else {}),
    )
    second = watched_run(world, after)
    world.close()
    assert [*first.broken_laws(), *second.broken_laws()] == []


FOLK = ("c1", "c2", "c3")


def homes(services: Any) -> list[Any]:
    return [
        customer(
            key,
            [contact("mara", key, "manager"), *(contact(f"r-{n}", key) for n in range(3))],
            services=services,
            project_managers=LEE,
        )
        for key in FOLK
    ]


def opening_cert() -> tuple[DesiredState, DesiredState]:
    """Files that open cert to all and take it off every customer's list."""
    old: list[DesiredService] = [service(key, open_to_all=False) for key in KEYS]
    new = [service(key, open_to_all=key == "cert") for key in KEYS]
    return files(homes(("cert", "std")), old), files(homes(("std",)), new)


def may_order_cert(world: World) -> set[str]:
    now = snapshot(world)
    (cert,) = (f"service {id}" for id, code in now.codes.items() if code == "cert")
    return {now.names[id] for id, rights in now.rights.items() if cert in rights.now}


def test_nobody_loses_a_service_whose_opening_got_no_answer(served: Served) -> None:
    before, after = opening_cert()
    world = applied(served, before)
    found = watched_run(world, after, trouble=Trouble(1, "unanswered"))
    assert list(found.broken_laws()) == []
    assert len(may_order_cert(world)) == 12
    world.close()


def test_nobody_loses_a_service_that_an_administrator_closed_between_plan_and_batch(
    served: Served,
) -> None:
    before, after = opening_cert()
    world = applied(served, before)
    closing = Deed("open or close", _index(world, "cert"), 0)
    found = watched_run(world, after, trouble=Trouble(2, "edited"), act=lambda: do(world, closing))
    assert list(found.broken_laws()) == []
    world.close()


def _index(world: World, code: str) -> int:
    with world.as_admin() as work:
        return [row["code"] for row in work.where("service")].index(code)
