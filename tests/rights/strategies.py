"""Random cases of larger sizes: many people, four services, several edits at once on both sides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from hypothesis import strategies as st

from reconciler.model.desired import DesiredContact, DesiredCustomer, DesiredService, DesiredState
from reconciler.model.live import LiveState, Status
from reconciler.model.values import Value
from tests.builders import contact, customer
from tests.rights.cases import Case, applied_portal, edited, files, service, without
from tests.rights.edits import CONTACT_EDITS, LEE, OLDER, ROLES, STATUSES

KEYS: Final = ("cert", "fast", "law", "std")
HOMES: Final = ("acme", "beta", "gamma", "delta")
_EDITS: Final = tuple(name for name in CONTACT_EDITS if "services" not in name and name != "other address")

lists: st.SearchStrategy[Value] = st.one_of(
    st.just("all"), st.sets(st.sampled_from(KEYS)).map(lambda keys: tuple(sorted(keys)))
)
seldom = st.integers(0, 7).map(lambda number: number == 0)
run_terms: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.sets(st.sampled_from(HOMES), min_size=1).map(lambda homes: {"customers": frozenset(homes)}),
    st.sampled_from([{"shard": (1, 2)}, {"shard": (2, 2)}, {"shard": (2, 3)}]),
)


@st.composite
def _contacts(draw: st.DrawFn, home: str) -> list[DesiredContact]:
    people = [contact("mara", home, "manager")]
    for number in range(draw(st.integers(0, 6))):
        more: dict[str, Any] = {"protected": True} if draw(seldom) else {}
        role = draw(st.sampled_from(ROLES))
        people.append(contact(f"p-{number}", home, role, services=draw(lists), **more))
    return people


@st.composite
def _before(draw: st.DrawFn) -> DesiredState:
    homes = draw(st.lists(st.sampled_from(HOMES), min_size=1, max_size=4, unique=True))
    services = [service(key, open_to_all=draw(st.booleans())) for key in KEYS]
    folders = [
        customer(
            home,
            draw(_contacts(home)),
            services=draw(lists),
            project_managers=draw(st.sampled_from([LEE, LEE, ()])),
            manager_optional=True,
        )
        for home in homes
    ]
    return files(folders, services)


@st.composite
def _after(draw: st.DrawFn, before: DesiredState) -> DesiredState:
    """The files after some edits; what they name exists."""
    keys: dict[str, str | None] = {}
    services: list[DesiredService] = []
    for one in (before.services or {}).values():
        services += _edited_service(one, draw(st.sampled_from(["keep", "keep", "flip", "retire", "rename"])), keys)
    if draw(seldom):
        services.append(service("new", open_to_all=draw(st.booleans())))
    folders = [
        _relisted(draw(_edited_folder(folder)), keys)
        for folder in before.customers.values()
        if not draw(seldom) or len(before.customers) == 1
    ]
    return files(folders, services, sign_up=draw(st.sampled_from(["closed", "closed", "approval_required"])))


def _edited_service(one: DesiredService, how: str, keys: dict[str, str | None]) -> list[DesiredService]:
    is_open = bool(one.fields["available_to_all"])
    match how:
        case "flip":
            return [service(one.key, open_to_all=not is_open)]
        case "retire":
            keys[one.key] = None
            return []
        case "rename":
            key = f"{one.key}-new"
            keys[one.key] = key
            return [service(key, open_to_all=is_open, name=one.fields["name"], previously=(one.key,))]
        case _:
            return [one]


@st.composite
def _edited_folder(draw: st.DrawFn, folder: DesiredCustomer) -> DesiredCustomer:
    people: list[DesiredContact] = []
    for one in folder.contacts.values():
        if not draw(seldom):
            how = CONTACT_EDITS[draw(st.sampled_from(["keep", "keep", "keep", *_EDITS]))](one) or one
            listed = how.fields.get("services", "all") if draw(st.booleans()) else draw(lists)
            people.append(replace(how, fields={**how.fields, "services": listed}))
    if draw(seldom):
        people.append(contact("newcomer", folder.key, draw(st.sampled_from(ROLES))))
    fields: dict[str, Value] = dict(folder.fields)
    if draw(st.booleans()):
        fields["services"] = draw(lists)
    if draw(seldom):
        fields["project_managers"] = draw(st.sampled_from([LEE, ()]))
    if draw(seldom):
        fields["name"] = f"{folder.key.title()} One"
    return replace(folder, fields=fields, contacts={one.key: one for one in people})


def _relisted(folder: DesiredCustomer, keys: dict[str, str | None]) -> DesiredCustomer:
    """The folder with the services in its lists called as they are called now."""

    def listed(value: Value) -> Value:
        found = (keys.get(key, key) for key in value) if isinstance(value, tuple) else ()
        return tuple(sorted(key for key in found if key)) if isinstance(value, tuple) else value

    def fields(one: Any) -> dict[str, Value]:
        return {**one.fields, "services": listed(one.fields.get("services", "all"))}

    people = {key: replace(one, fields=fields(one)) for key, one in folder.contacts.items()}
    return replace(folder, fields=fields(folder), contacts=people)


@st.composite
def _edited_portal(draw: st.DrawFn, live: LiveState) -> tuple[LiveState, list[str]]:
    """The portal after some edits of an administrator, and after runs of older commits."""
    said: list[str] = []
    for _ in range(draw(st.integers(0, 3))):
        what = draw(st.sampled_from(["role", "list", "gone", "customer's list", "open", "name", "sign_up", "older"]))
        person = draw(st.sampled_from(sorted(live.contacts)))
        home = draw(st.sampled_from(sorted(live.customers)))
        said.append(f"{what} of {person} or {home}")
        match what:
            case "role":
                live = edited(live, "contacts", person, role=draw(st.sampled_from(ROLES)))
            case "list":
                live = edited(live, "contacts", person, services=draw(lists))
            case "gone" if live.contacts[person].living:
                live = without(live, person)
            case "customer's list":
                live = edited(live, "customers", home, services=draw(lists))
            case "open":
                key = draw(st.sampled_from(KEYS))
                live = edited(live, "services", f"svc_{key}", available_to_all=draw(st.booleans()))
            case "name":
                live = edited(live, "customers", home, name=f"{home} Two")
            case "sign_up":
                live = edited(live, "settings", "settings", sign_up="open")
            case _:
                row = replace(live.customers[home], last_commit=OLDER)
                live = replace(live, customers={**live.customers, home: row})
    return live, said


@st.composite
def trees(draw: st.DrawFn) -> tuple[DesiredState, DesiredState]:
    """Files and the same files after some edits."""
    before = draw(_before())
    return before, draw(_after(before))


@st.composite
def cases(draw: st.DrawFn, scope: st.SearchStrategy[Any] = run_terms) -> Case:
    """A random case."""
    before = draw(_before())
    statuses = {name: draw(st.sampled_from([Status.ACTIVE, *STATUSES])) for name in _names(before.customers.values())}
    live, said = draw(_edited_portal(applied_portal(before, statuses)))
    after = draw(_after(before))
    return Case(before, after, live, tuple(said), draw(scope))


def _names(folders: Iterable[DesiredCustomer]) -> list[str]:
    return [f"{folder.key}/{key}" for folder in folders for key in folder.contacts]
