"""Random worlds: valid desired states beside live states that a real portal could be in.

Names, keys and addresses come from small pools, so that files and rows meet in every way there is: same
key, same address, shared mailbox, moved, renamed, removed, signed up. A desired state keeps the rules of
`validate`; a live state keeps the portal's laws (one holder of an address, an owner for open work).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from reconciler.model.desired import (
    DesiredContact,
    DesiredCustomer,
    DesiredService,
    DesiredState,
    Leaving,
    Place,
    Policy,
    RegistrationRef,
)
from reconciler.model.live import (
    Actor,
    Applied,
    LiveContact,
    LiveCustomer,
    LiveObject,
    LiveState,
    OpenRequest,
    Registration,
    Status,
    Touch,
)
from reconciler.model.roles import Role, may_hold_work
from tests.builders import OWNER, RECENTLY, contact, customer, desired, farewell, live, removed

CUSTOMERS = ("acme", "beta", "gamma")
PEOPLE = ("ann", "bob", "cat", "dan")
NAMES = ("Ann Abel", "Bob Berg", "Cat Cole", "Dan Dorn")
ADDRESSES = tuple(f"{box}@{domain}.example" for box in ("ann", "bob", "cat", "dan", "office") for domain in ("a", "b"))
SERVICES = ("certified", "express")
LAX = Policy(
    removals_percent=100, removals_at_least=100, removals_at_most=100, removals_per_customer_percent=100,
    removals_small_customer=100, mails_per_run=1000,
)  # fmt: skip
ADMIN = Touch("Ada Admin", Actor.ADMINISTRATOR, RECENTLY)
HERSELF = Touch("the contact", Actor.SELF, RECENTLY)

roles = st.sampled_from([role.value for role in Role])
services = st.sampled_from(["all", (), ("certified",), ("certified", "express")])
rarely = st.integers(0, 4).map(lambda number: number == 0)
seldom = st.integers(0, 9).map(lambda number: number == 0)


@st.composite
def contact_fields(draw: st.DrawFn, key: str) -> dict[str, Any]:
    """What a contact file may say; the name and address are mostly those that go with the key."""
    at = PEOPLE.index(key)
    name = draw(st.sampled_from(NAMES)) if draw(rarely) else NAMES[at]
    email = draw(st.sampled_from(ADDRESSES))
    fields: dict[str, Any] = {"name": name, "email": email, "role": draw(roles)}
    if draw(rarely):
        fields["services"] = draw(st.sampled_from(["all", (), ("certified",)]))
    if draw(rarely):
        fields["language"] = draw(st.sampled_from(["de", "fr", None]))
    if draw(seldom):
        fields["protected"] = draw(st.booleans())
    return fields


@st.composite
def customer_fields(draw: st.DrawFn, key: str) -> dict[str, Any]:
    """What a customer file may say besides its heir."""
    fields: dict[str, Any] = {"name": key.title() if not draw(seldom) else "Delta"}
    if draw(rarely):
        fields["services"] = draw(services)
    if draw(rarely):
        fields["language"] = draw(st.sampled_from(["de", "fr", None]))
    if draw(rarely):
        fields["project_managers"] = draw(st.sampled_from([(), ("lee@provider.example",)]))
    if draw(seldom):
        fields["protected"] = draw(st.booleans())
    if draw(rarely):
        fields["portal_edits"] = draw(st.sampled_from(["propose", "revert"]))
    if draw(st.booleans()):
        fields["manager_optional"] = True
    return fields


@st.composite
def desired_contacts(draw: st.DrawFn, home: str, taken: set[str]) -> list[DesiredContact]:
    """People of one folder, with addresses that nobody else in the tree has."""
    found: list[DesiredContact] = []
    for key in PEOPLE:
        fields = draw(contact_fields(key))
        if draw(st.booleans()) or fields["email"] in taken:
            continue
        taken.add(fields["email"])
        more: dict[str, Any] = {}
        if draw(seldom):
            more["leaves"] = Leaving(draw(st.sampled_from(["2026-11-01", "2026-11-30", "2027-06-01"])), "left")
        if draw(seldom):
            more["registration"] = RegistrationRef(draw(st.sampled_from(["reg-1", "reg-2"])), "sha256:one")
        elif draw(seldom):
            more["refuses_registration"] = True
        found.append(contact(key, home, **fields, **more))
    return [_with_heir(draw, one, found) for one in found]


def _with_heir(draw: st.DrawFn, one: DesiredContact, everybody: list[DesiredContact]) -> DesiredContact:
    """Heirs come earlier in the folder, so they never go in a circle."""
    able = [other.key for other in everybody if may_hold_work(other.role) and other.key < one.key]
    if not able or draw(st.booleans()):
        return one
    return replace(one, fields={**one.fields, "heir": draw(st.sampled_from(able))})


@st.composite
def desired_customers(draw: st.DrawFn, key: str, taken: set[str]) -> DesiredCustomer:
    """One folder: people, farewells, former keys, an heir."""
    people = draw(desired_contacts(key, taken))
    absent = [name for name in PEOPLE if name not in {one.key for one in people}]
    able = [one.key for one in people if may_hold_work(one.role)]
    heirs = st.sampled_from([None, *able])
    gone = [
        farewell(
            name, key, heir=draw(heirs), keep=draw(seldom),
            registration=draw(st.sampled_from([None, None, None, "reg-1"])),
        )
        for name in absent
        if draw(rarely)
    ]  # fmt: skip
    free = [name for name in absent if name not in {one.key for one in gone}]
    if people and free and draw(rarely):
        people[0] = replace(people[0], previously=(draw(st.sampled_from(free)),))
    fields: dict[str, Any] = draw(customer_fields(key))
    has_heir = draw(st.booleans())
    if able and has_heir:
        fields["heir"] = draw(st.sampled_from(able))
    return customer(key, people, gone, release=draw(seldom), **fields)


@st.composite
def desired_states(draw: st.DrawFn) -> DesiredState:
    """A tree that `validate` would accept."""
    taken: set[str] = set()
    folders: list[DesiredCustomer] = []
    for key in CUSTOMERS:
        folder = draw(desired_customers(key, taken))
        if not draw(rarely) and folder.name not in {other.name for other in folders}:
            folders.append(folder)
    present = {folder.key for folder in folders}
    absent = [key for key in CUSTOMERS if key not in present]
    if folders and absent and not folders[0].release and draw(st.booleans()):
        folders[0] = replace(folders[0], previously=(absent[0],))
    managed = {key: _service(key) for key in SERVICES} if draw(st.booleans()) else None
    policy = replace(LAX, portal_edits=draw(st.sampled_from(["propose", "revert"])))
    sign_up = {"sign_up": draw(st.sampled_from(["closed", "open"]))} if draw(rarely) else {}
    return desired(*folders, settings=sign_up, services=managed, policy=policy)


def _service(key: str) -> DesiredService:
    return DesiredService(key, {"name": key.title()}, Place("portal.yaml", 9))


@dataclass
class _Rows:
    """A live state while it is drawn: what is in it, and what is taken."""

    customers: list[LiveCustomer] = field(default_factory=list)
    contacts: list[LiveContact] = field(default_factory=list)
    requests: list[OpenRequest] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)


@st.composite
def live_states(draw: st.DrawFn) -> LiveState:
    """A portal as runs, administrators, managers and the people themselves may have left it."""
    rows = _Rows()
    for key in CUSTOMERS:
        _draw_customer(draw, key, rows)
    found = [_registration(draw, number, rows) for number in (1, 2) if draw(rarely)]
    offered = {f"svc_{key}": _live_service(draw, key) for key in (*SERVICES, *(["legacy"] if draw(rarely) else []))}
    state = live(*rows.customers, *rows.contacts, *rows.requests)
    settings = replace(state.settings, fields={"sign_up": draw(st.sampled_from(["closed", "open"]))})
    return replace(state, services=offered, registrations={one.id: one for one in found}, settings=settings)


def _live_service(draw: st.DrawFn, key: str) -> LiveObject:
    fields = {"code": key, "name": key.title() if not draw(rarely) else "Edited"}
    if draw(rarely):
        return LiveObject(f"svc_{key}", 1, fields)
    return LiveObject(f"svc_{key}", 1, fields, key, OWNER, Applied(True, {"name": key.title()}))


def _registration(draw: st.DrawFn, number: int, rows: _Rows) -> Registration:
    homes = [None, *(row.id for row in rows.customers if not row.archived)]
    address = draw(st.sampled_from(ADDRESSES))
    print_ = draw(st.sampled_from(["sha256:one", "sha256:two"]))
    home = draw(st.sampled_from(homes))
    name = draw(st.sampled_from(NAMES))
    language = draw(st.sampled_from([None, "fr"]))
    return Registration(f"reg-{number}", f"con_reg{number}", 1, home, name, address, Role.REQUESTER, language, print_)


def _draw_customer(draw: st.DrawFn, key: str, rows: _Rows) -> None:
    how = draw(st.sampled_from(["ours"] * 5 + ["absent", "unmanaged", "foreign", "archived", "away"]))
    base = draw(customer_fields(key))
    fields = {"services": "all", **base, "language": draw(st.sampled_from(["en", "de"]))}
    for memo in ("manager_optional", "portal_edits"):
        fields.pop(memo, None)
    if draw(rarely):
        fields["services"] = draw(services)
    if how == "absent" or fields["name"] in rows.names:
        return
    over = how in {"archived", "away"}
    if not over:
        rows.names.add(fields["name"])
    owner = {"unmanaged": None, "foreign": "somebody-else"}.get(how, OWNER)
    remembered = Applied(how != "archived", base, draw(st.sampled_from([None, "c0ffee"])))
    rows.customers.append(
        LiveCustomer(
            f"cus_{key}", 1, fields, key if owner else None, owner, remembered if owner else None,
            removal=removed() if over else None,
        )
    )  # fmt: skip
    for name in PEOPLE:
        _draw_contact(draw, key, name, how, rows)


_CONTACT_WAYS = ["ours"] * 6 + ["absent"] * 3 + ["unmanaged", "foreign", "removed", "away", "recreated", "returned"]


def _draw_contact(draw: st.DrawFn, home: str, key: str, how_home: str, rows: _Rows) -> None:
    how = draw(st.sampled_from(_CONTACT_WAYS))
    base = draw(contact_fields(key))
    now = dict(base) | (draw(contact_fields(key)) if draw(rarely) else {})
    fields = {"services": "all", "language": None, "protected": False, **now}
    by = draw(st.sampled_from([ADMIN, HERSELF]))
    touched = {name: by for name, value in fields.items() if name in base and base[name] != value}
    owner = OWNER if how_home in {"ours", "archived", "away"} else None
    status = draw(st.sampled_from([Status.ACTIVE] * 4 + [Status.INVITED, Status.LINK_EXPIRED]))
    row = LiveContact(
        f"con_{home}_{key}", 1, fields, key if owner else None, owner, Applied(how != "returned", base) if owner else None,
        touched, f"cus_{home}", status,
    )  # fmt: skip
    if how == "absent" or fields["email"] in rows.addresses:
        return
    if how_home in {"archived", "away"}:
        with_customer = replace(removed(), with_customer=True)
        remembered = Applied(how_home == "away", base)
        rows.contacts.append(replace(row, status=Status.REMOVED, removal=with_customer, applied=remembered))
        return
    if how in {"removed", "away", "recreated"}:
        base_then = Applied(how != "removed", base) if owner else None
        rows.contacts.append(replace(row, status=Status.REMOVED, removal=removed(), applied=base_then))
    if how in {"removed", "away"}:
        return
    if how in {"unmanaged", "recreated"}:
        row = replace(row, id=f"{row.id}_2", owner=None, external_key=None, applied=None)
    if how == "foreign":
        row = replace(row, owner="somebody-else", external_key=key)
    rows.addresses.add(fields["email"])
    rows.contacts.append(row)
    if may_hold_work(row.role):
        for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
            rows.requests.append(OpenRequest(f"req_{len(rows.requests)}", row.customer_id, row.id, "quoted"))
