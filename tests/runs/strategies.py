"""Random books of customers over few names, so that everything meets everything, and random portal days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from reconciler.model.desired import DesiredContact, DesiredState
from reconciler.portal.actions import contacts, customers, quotes, registrations, requests
from reconciler.portal.actions.invariants import check_work_has_owners
from reconciler.portal.actions.people import act_as_self
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work
from tests.builders import contact, customer, desired, farewell
from tests.runs.world import World

CUSTOMERS = ("acme", "beta", "gamma")
KEYS = ("ann", "bob", "cem", "dot")
ADDRESSES = tuple(f"{name}@mail.example" for name in ("a", "b", "c", "d", "e", "f", "g"))
NAMES = ("Ann Ash", "Bob Berg", "Cem Can")
LANGUAGES = ("de", "fr", None)
ROLES = ("requester", "manager", "observer")


@st.composite
def books(draw: st.DrawFn) -> DesiredState:
    """A valid book: addresses once, heirs who are there, farewells for some of those who are not."""
    free = list(draw(st.permutations(ADDRESSES)))
    folders = []
    for key in draw(st.lists(st.sampled_from(CUSTOMERS), min_size=1, max_size=3, unique=True)):
        keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True))
        people = [draw(_person(key, one, free, keys)) for one in keys if free]
        gone = [one for one in KEYS if one not in keys and draw(st.booleans())]
        names = [one.key for one in people]
        farewells = [
            farewell(one, key, heir=draw(st.sampled_from([None, *names])), keep=draw(st.integers(0, 9)) == 0)
            for one in gone
        ]
        more: dict[str, Any] = {"manager_optional": True} if draw(st.booleans()) else {}
        if draw(st.booleans()):
            more["language"] = draw(st.sampled_from(LANGUAGES))
        heir = draw(st.sampled_from([None, *names]))
        folders.append(customer(key, people, farewells, **({"heir": heir} if heir else {}), **more))
    return desired(*folders)


@st.composite
def _person(draw: st.DrawFn, home: str, key: str, free: list[str], keys: list[str]) -> DesiredContact:
    more: dict[str, Any] = {}
    if heirs := [one for one in keys if one != key]:
        heir = draw(st.sampled_from([None, *heirs]))
        more = {"heir": heir} if heir else {}
    if draw(st.booleans()):
        more["language"] = draw(st.sampled_from(LANGUAGES))
    if draw(st.booleans()):
        more["refuses_registration"] = True  # else a sign-up with this address holds the person back
    return contact(key, home, draw(st.sampled_from(ROLES)), name=draw(st.sampled_from(NAMES)), email=free.pop(), **more)


@dataclass(frozen=True)
class Day:
    """Something that people do in the portal between two applies."""

    what: str
    who: int
    value: int


days = st.lists(
    st.builds(
        Day,
        st.sampled_from(
            ["request", "role", "name", "remove", "add", "activate", "sign-up", "reject", "language", "home", "address"]
        ),
        st.integers(0, 20), st.integers(0, 20),
    ),
    max_size=4,
)  # fmt: skip


def live_through(world: World, what: list[Day]) -> None:
    """Let the days happen; what the portal refuses does not happen."""
    for day in what:
        try:
            with world.as_admin() as work:
                _DEEDS[day.what](work, day)
                check_work_has_owners(work)
        except Problem:
            continue


def _request(work: Work, day: Day) -> None:
    holders = work.where("contact", t.contacts.c.status.in_(["active", "invited"]), t.contacts.c.role != "observer")
    if holders:
        fields = {
            "title": f"Request {day.value}", "service": None, "workflow": "pm_quote_manual", "source_language": "en",
            "target_languages": ["de"], "deadline": None, "comment": None,
        }  # fmt: skip
        row = requests.send(work, holders[day.who % len(holders)], fields)
        work.audit(AuditAction.POST_REQUESTS, row, None, None)


def _living(work: Work, day: Day) -> Any:
    living = work.where("contact", t.contacts.c.status.in_(["active", "invited"]))
    return living[day.who % len(living)] if living else None


def _role(work: Work, day: Day) -> None:
    if row := _living(work, day):
        work.audit(AuditAction.PATCH_CONTACTS, row, *contacts.edit(work, row, {"role": ROLES[day.value % 3]}))


def _name(work: Work, day: Day) -> None:
    if row := _living(work, day):
        work.audit(AuditAction.PATCH_CONTACTS, row, *contacts.edit(work, row, {"name": NAMES[day.value % 3]}))


def _language(work: Work, day: Day) -> None:
    """The person themselves, or an administrator for them."""
    if row := _living(work, day):
        actor = work.principal
        if day.value % 2:
            act_as_self(work, row["name"])
        fields = {"language": LANGUAGES[day.value % 3]}
        work.audit(AuditAction.PATCH_CONTACTS, row, *contacts.edit(work, row, fields))
        work.principal = actor


def _home(work: Work, day: Day) -> None:
    if homes := work.where("customer", t.customers.c.status == "active"):
        home, fields = homes[day.who % len(homes)], {"language": ("es", "ar", "de")[day.value % 3]}
        work.audit(AuditAction.PATCH_CUSTOMERS, home, *customers.edit(work, home, fields))


def _address(work: Work, day: Day) -> None:
    if row := _living(work, day):
        fields = {"email": ADDRESSES[day.value % 7].replace("mail", ("mail", "post")[day.who % 2])}
        work.audit(AuditAction.PATCH_CONTACTS, row, *contacts.edit(work, row, fields))


def _remove(work: Work, day: Day) -> None:
    if row := _living(work, day):
        work.audit(AuditAction.CONTACTS_OFFBOARD, row, *contacts.remove(work, row, None, "left"))


def _add(work: Work, day: Day) -> None:
    homes = work.where("customer", t.customers.c.status == "active")
    if not homes:
        homes = [customers.create(work, {"name": CUSTOMERS[day.who % 3].title()})]
    fields = {"name": NAMES[day.value % 3], "email": ADDRESSES[day.value % 7], "role": ROLES[day.who % 3]}
    row = contacts.add(work, homes[day.who % len(homes)], fields)
    work.audit(AuditAction.POST_CONTACTS, row, None, fields)


def _activate(work: Work, day: Day) -> None:
    for row in work.where("contact", t.contacts.c.status == "invited"):
        row["status"] = "active"
        work.audit(AuditAction.ACTIVATE, row, None, None)


def _sign_up(work: Work, day: Day) -> None:
    homes = work.where("customer", t.customers.c.status == "active")
    fields = {
        "name": NAMES[day.who % 3],
        "email": ADDRESSES[day.value % 7],
        "role": "requester",
        "language": LANGUAGES[day.who % 3],
    }
    row = registrations.register(work, homes[day.who % len(homes)] if homes else None, fields)
    work.audit(AuditAction.SIGN_UP, row, None, None)


def _reject(work: Work, day: Day) -> None:
    for row in work.where("request", t.requests.c.state == "quote_pending")[:1]:
        work.audit(AuditAction.REQUESTS_REJECT, row, *quotes.reject(work, row, "late"))


_DEEDS: dict[str, Callable[[Work, Day], None]] = {
    "request": _request, "role": _role, "name": _name, "remove": _remove, "add": _add, "activate": _activate,
    "sign-up": _sign_up, "reject": _reject, "language": _language, "home": _home, "address": _address,
}  # fmt: skip
