"""Protection binds everybody: every route, form and operation, whoever sends it.

`every_write` and `every_form` hold every route and form that writes (a test of `test_killed_server` compares
them with the routes), and `actions.operations` every operation of a batch: what is new is tried here as well.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

import reconciler.portal
from reconciler.portal.actions import contacts, services
from reconciler.portal.actions import operations as op
from reconciler.portal.actions.contacts import AuditValues
from reconciler.portal.pages.rendering import Translator
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.principals import COMMAND_LINE
from reconciler.portal.rules.problems import Problem
from reconciler.portal.server import jobs
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store, open_store
from reconciler.portal.store.unit_of_work import Row, Work
from tests.pages.reader import Reader
from tests.portal.accounts import activate
from tests.portal.every_form import FORMS
from tests.portal.every_write import API
from tests.portal.harness import Api, Clock, refused
from tests.portal.identity import Identity, identity, sign_on_at
from tests.portal.office import an_office, office_of
from tests.portal.writes import Ground, Rows, Write, restored, whole
from tests.rights.oracle import rights_in_database

TAKES = {
    "POST /api/v1/batches", "PATCH /api/v1/customers/{id}", "POST /api/v1/customers/{id}/archive",
    "PATCH /api/v1/contacts/{id}", "DELETE /api/v1/contacts/{id}", "POST /api/v1/contacts/{id}/offboard",
    "POST /team/{id}/remove", "POST /admin/contacts/{id}", "POST /admin/contacts/{id}/remove",
    "POST /admin/customers/{id}/archive", "DELETE /api/v1/services/{id}", "POST /admin/services/{id}/remove",
}  # fmt: skip
"""The writes of the two tables that take something from people and customers who are all protected."""


@dataclass
class Portal:
    """An office in which everybody and everything is protected when a write arrives."""

    ground: Ground
    rows: Rows

    @property
    def store(self) -> Store:
        return self.ground.store

    def ready(self, route: str, maker: Callable[[Ground], Write]) -> tuple[Write, Rows]:
        """The write, made while nothing was protected yet, and all that is there when it is sent."""
        restored(self.store, self.rows)
        write = maker(replace(self.ground, route=route))
        protect_all(self.store)
        return write, whole(self.store)

    def send(self, write: Write) -> httpx.Response:
        client = TestClient(self.ground.admin.app, raise_server_exceptions=False)
        answer: httpx.Response = client.request(
            write.method, write.path, headers=write.headers, follow_redirects=False, **write.body
        )
        return answer

    def holds(self) -> dict[str, frozenset[Any]]:
        """What every protected person has, by a judgement of its own: rights, address, place, owner and key."""
        c = t.contacts.c
        with self.store.read() as connection:
            rows = connection.execute(t.contacts.select().where(c.protected)).all()
        with closing(sqlite3.connect(str(self.store.engine.url.database))) as connection:
            rights = rights_in_database(connection)
        places = {row.id: {row.email, row.customer, f"owner {row.owner}", row.external_key} for row in rows}
        return {id: frozenset(place | rights[id].once_active) for id, place in places.items()}


def protect_all(store: Store) -> None:
    """From now on everybody who is here and every customer is protected."""
    with store.unversioned() as connection:
        connection.execute(update(t.contacts).where(t.contacts.c.address_form.is_not(None)).values(protected=True))
        connection.execute(update(t.customers).where(t.customers.c.status == "active").values(protected=True))


@pytest.fixture(scope="module")
def provider() -> Iterator[Identity]:
    with identity() as running:
        yield running


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, provider: Identity) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("protected")
    database = folder / "portal.sqlite"
    database.write_bytes(sqlite_template.read_bytes())
    store = open_store(f"sqlite:///{database}", files=folder / "files")
    with Api.of(store) as api:
        api.app.state.sign_on = sign_on_at(provider.url)  # type: ignore[attr-defined]
        ground = Ground(office_of(api), provider)
        yield Portal(ground, whole(store))
    store.engine.dispose()


def was_refused(answer: httpx.Response) -> bool:
    if answer.headers["content-type"].startswith("text/html"):
        sentence = Translator(re.findall('<html lang="(..)"', answer.text)[0])("problem.protected")
        return answer.status_code == 409 and sentence in answer.text
    return answer.status_code == 409 and answer.json()["type"] == "protected"


@pytest.mark.parametrize("route", [*API, *FORMS])
def test_no_route_and_no_form_takes_anything_from_who_is_protected(portal: Portal, route: str) -> None:
    write, before = portal.ready(route, {**API, **FORMS}[route])
    had = portal.holds()
    answer = portal.send(write)
    if route in TAKES:
        assert was_refused(answer), answer.text
        assert whole(portal.store) == before
        return
    assert answer.status_code < 400, answer.text
    has = portal.holds()
    assert {id: lost for id in had if (lost := had[id] - has.get(id, frozenset()))} == {}


def opened(at: Ground, **fields: Any) -> dict[str, Any]:
    """A service that everybody may order, until it is closed or removed."""
    made = at.admin.create("/services", code="legal", name="Legal", available_to_all=True)
    return at.admin.row(f"/services/{made['id']}") | fields


PATCH, DELETE = "PATCH /api/v1/contacts/{id}", "DELETE /api/v1/contacts/{id}"
CUSTOMER, SERVICE = "PATCH /api/v1/customers/{id}", "PATCH /api/v1/services/{id}"
LOSSES: dict[str, dict[str, Any]] = {
    "another address": {"email": "new@acme.example"}, "less power": {"role": "observer"},
    "a service less": {"services": []}, "less power and no protection": {"role": "observer", "protected": False},
}  # fmt: skip
HOME_LOSSES: dict[str, dict[str, Any]] = {
    "another name": {"name": "Acme Ltd"}, "a service less": {"services": []}, "nobody to order from": {"project_managers": []},
    "a service less and no protection": {"services": [], "protected": False},
}  # fmt: skip


def _at(path: str, who: str, row: Callable[[Ground], dict[str, Any]], **fields: Any) -> Callable[[Ground], Write]:
    """A form on the page of a row, as this person sends it."""
    return lambda at: at.form(who, path.format_map(found := row(at)), found, **fields)


def tom(at: Ground) -> dict[str, Any]:
    return at.contact("tom")


def patched(name: str, body: dict[str, Any], who: str) -> Callable[[Ground], Write]:
    return lambda at: at.call(at.contact(name), body, at.office.clients[who] if who else at.admin)


WAYS: dict[str, tuple[str, Callable[[Ground], Write]]] = {
    **{f"PATCH a contact: {what}, by {who or 'a token'}": (PATCH, patched("tom", body, who))
       for what, body in LOSSES.items() for who in ("", "ada", *(["mara"] if body.keys() <= {"email", "role"} else []))},
    **{f"PATCH a customer: {what}": (CUSTOMER, lambda at, body=body: at.call(at.home(), body))  # type: ignore[misc]
       for what, body in HOME_LOSSES.items()},
    **{f"DELETE a contact, by {who}": (DELETE, lambda at, who=who: at.call(tom(at), by=at.office.clients[who]))  # type: ignore[misc]
       for who in ("ada", "mara")},
    **{f"{base}: {what}": (f"POST {base}/{{id}}", _at(f"{base}/{{id}}", who, tom, **fields))
       for base, who in (("/team", "mara"), ("/admin/contacts", "ada"))
       for what, fields in (("another address", {"email": "new@acme.example"}), ("less power", {"role": "observer"}))},
    "/admin/contacts: a service less": (
        "POST /admin/contacts/{id}", _at("/admin/contacts/{id}", "ada", tom, all_services=[], services=[])
    ),
    **{f"/admin/customers: {what}": ("POST /admin/customers/{id}", _at("/admin/customers/{id}", "ada", Ground.home, **fields))
       for what, fields in HOME_LOSSES.items() if "protected" not in fields},
    "PATCH a service: closed": (SERVICE, lambda at: at.call(opened(at), {"available_to_all": False})),
    "PATCH a service: no workflow left": (SERVICE, lambda at: at.call(opened(at), {"workflows": []})),
    "DELETE a service": ("DELETE /api/v1/services/{id}", lambda at: at.call(opened(at))),
    "/admin/services: closed": ("POST /admin/services/{id}", _at("/admin/services/{id}", "ada", opened, available_to_all=[])),
    "/admin/services: removed": ("POST /admin/services/{id}/remove", _at("/admin/services/{id}", "ada", opened)),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_what_takes_something_is_refused_on_every_way_and_nothing_is_left_of_it(portal: Portal, way: str) -> None:
    write, before = portal.ready(*WAYS[way])
    answer = portal.send(write)
    assert was_refused(answer), answer.text
    assert whole(portal.store) == before


HARMLESS = {
    "update_settings", "adopt_settings", "create_service", "rename_service", "create_customer", "restore_customer",
    "create_contact", "approve_registration", "reject_registration", "rename_contact", "hand_over_work",
    "restore_contact", "record", "rebase_history",
}  # fmt: skip
"""Operations that take nothing: they bring, move a key, or are about somebody who is not in."""
OPERATIONS = {get_args(each.model_fields["op"].annotation)[0]: each for each in get_args(get_args(op.AnyOperation)[0])}


def _batches() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, each in OPERATIONS.items():
        if name in HARMLESS:
            continue
        fields: list[dict[str, Any]] = [{}]
        if issubclass(each, op.ContactWrite):
            fields = [{"fields": body} for body in LOSSES.values()]
        elif issubclass(each, op.CustomerWrite):
            fields = [{"fields": body} for body in HOME_LOSSES.values()]
        elif issubclass(each, op.ServiceWrite):
            fields = [{"fields": {"available_to_all": False}}, {"fields": {"workflows": []}}]
        yield from ((name, more) for more in fields)


@dataclass
class Managed:
    """A managed customer with two protected people, and a service that everybody may order."""

    api: Api
    rows: dict[str, dict[str, Any]]
    lease: dict[str, Any]

    def on(self, name: str, **more: Any) -> dict[str, Any]:
        """The operation, on the row of its kind."""
        kind = next(each for each in ("contact", "customer", "service", "email", "role") if each in name)
        row = self.rows["contact" if kind in {"email", "role"} else kind]
        keys = {"rename_customer": "acme-two", "adopt_customer": "acme", "adopt_contact": "tom", "adopt_service": "legal", "update_service": "legal"}  # fmt: skip
        return {"op": name, "id": row["id"], "version": row["version"], **({"key": keys[name]} if name in keys else {}), **more}  # fmt: skip


@pytest.fixture
def managed(api: Api) -> Managed:
    for code in ("express", "sworn"):
        api.create("/services", code=code, name=code.title())
    api.create("/services", code="legal", name="Legal", available_to_all=True)
    home, (_, leaver), lease = api.managed("manager", "requester")
    for path, body in ((f"/customers/{home['id']}", {"services": ["express", "sworn"]}), (f"/contacts/{leaver['id']}", {"role": "manager"})):  # fmt: skip
        assert api.write("PATCH", path, 2, body).is_success
    protect_all(api.store)
    assert api.delete(f"/leases/{lease['id']}").is_success
    [service] = [each for each in api.items("/services") if each["code"] == "legal"]
    rows = {"contact": api.row(f"/contacts/{leaver['id']}"), "customer": api.row(f"/customers/{home['id']}"), "service": service}  # fmt: skip
    return Managed(api, rows, api.lease("settings", "customer:acme-two", "customer:acme", run="run_1"))


@pytest.fixture
def api(store: Store) -> Iterator[Api]:
    with Api.of(store) as client:
        yield client


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("name", "more"), list(_batches()), ids=str)
def test_an_operation_that_takes_something_is_refused_and_named(
    managed: Managed, name: str, more: dict[str, Any]
) -> None:
    first = {"op": "update_customer", "id": managed.rows["customer"]["id"], "version": managed.rows["customer"]["version"], "fields": {"language": "fr"}}  # fmt: skip
    before = whole(managed.api.store)
    problem = refused(managed.api.batch(managed.lease, first, managed.on(name, **more)), "protected")
    assert (problem["operation"], problem["change"]) == (1, "change-1")
    assert problem["id"] in problem["detail"]
    assert whole(managed.api.store) == before


def test_every_operation_is_tried_or_known_to_take_nothing() -> None:
    assert {name for name, _ in _batches()} | HARMLESS == set(OPERATIONS)


def test_protection_is_lifted_by_a_write_of_its_own_and_never_together_with_the_loss(managed: Managed) -> None:
    api, lift = managed.api, {"fields": {"protected": False}}
    removal = managed.on("remove_contact")
    refused(api.batch(managed.lease, managed.on("update_contact", **lift), removal), "protected")
    [done] = api.done(managed.lease, managed.on("update_contact", **lift))
    api.done(managed.lease, {**removal, "version": done["version"]})
    assert api.row(f"/contacts/{removal['id']}")["status"] == "removed"


def test_what_takes_nothing_from_who_is_protected_is_as_free_as_before(managed: Managed) -> None:
    contact, customer = managed.rows["contact"], managed.rows["customer"]
    managed.api.done(
        managed.lease,
        managed.on("update_contact", fields={"name": "Thomas", "language": "fr", "email": contact["email"].upper()}),
        {"op": "rename_contact", "id": contact["id"], "version": contact["version"], "key": "thomas"},
        managed.on("update_customer", fields={"services": "all", "language": "fr", "email_domains": ["acme.example"]}),
        managed.on("update_service", fields={"description": "For courts"}),
    )
    now = managed.api.row(f"/contacts/{contact['id']}")
    assert (now["name"], now["external_key"], now["role"], now["protected"]) == ("Thomas", "thomas", "manager", True)
    assert managed.api.row(f"/customers/{customer['id']}")["services"] == "all"


def test_a_service_is_not_taken_under_cover_of_its_new_name(managed: Managed) -> None:
    api, contact = managed.api, managed.rows["contact"]
    [sworn] = [each for each in api.items("/services") if each["code"] == "sworn"]
    [done] = api.done(
        managed.lease, {"op": "adopt_service", "id": sworn["id"], "version": sworn["version"], "key": "sworn"}
    )
    rename = {"op": "rename_service", "id": sworn["id"], "version": done["version"], "key": "stamped"}
    drop = managed.on("update_contact", fields={"services": ["express", "legal"]})
    refused(api.batch(managed.lease, rename, drop), "protected")
    refused(api.batch(managed.lease, drop, rename), "protected")
    api.done(managed.lease, rename)
    assert api.row(f"/customers/{contact['customer']}")["services"] == ["express", "stamped"]


def test_nobody_learns_by_a_protected_colleague_whether_an_address_is_taken(store: Store) -> None:
    office = an_office(store)
    tom = office.admin.row(f"/contacts/{office.ids['tom']}")
    protect_all(store)
    for address in ("requester-0@beta.example", "free@beta.example"):
        refused(office.mara.write("PATCH", f"/contacts/{tom['id']}", tom["version"], {"email": address}), "protected")


def test_time_and_the_person_themselves_go_on_with_who_is_protected(store: Store, clock: Clock) -> None:
    office = an_office(store)
    new = office.admin.create(
        "/contacts", customer=office.home["id"], name="Nora", email="nora@acme.example", role="requester",
        protected=True,
    )  # fmt: skip
    clock.move(days=15)
    assert jobs.expire_links(store) > 0
    row = office.admin.row(f"/contacts/{new['id']}")
    assert row["status"] == "link_expired"
    office.admin.act(f"/contacts/{new['id']}/resend-activation", row)
    activate(office.admin, "nora@acme.example")
    assert office.admin.row(f"/contacts/{new['id']}")["status"] == "active"


def test_an_act_is_bound_where_no_route_is_and_nothing_of_its_work_stays(managed: Managed) -> None:
    store, before = managed.api.store, whole(managed.api.store)

    def do(kind: str, verb: AuditAction, act: Callable[[Work, Row], AuditValues]) -> None:
        with store.write(COMMAND_LINE) as work:
            row = work.get(kind, managed.rows[kind]["id"])
            work.audit(verb, row, *act(work, row))

    with pytest.raises(Problem, match="is protected; refused: removal"):
        do("contact", AuditAction.CONTACTS_OFFBOARD, lambda work, row: contacts.remove(work, row, None, "left"))
    with pytest.raises(Problem, match="is protected; refused: loss of service 'legal'"):
        do("service", AuditAction.DELETE_SERVICES, services.remove)
    assert whole(store) == before


def test_rows_are_written_by_the_unit_of_work_which_only_the_store_makes() -> None:
    """What is written past it is past the guard: new customers of `seed`, and when a delivery was first taken.

    Two more units of work write an entry of the history and no row: of a limit that was reached, and of a restore.
    """
    folder = Path(reconciler.portal.__file__).parent
    sources = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.py")}
    statement = re.compile(r"\b(?:insert|update|delete)\((?:t\.)?(?:contacts|customers|services|requests)\b")
    assert {name for name, text in sources.items() if statement.search(text)} == {
        "demo/seed.py",
        "actions/downloads.py",
    }
    assert {name for name, text in sources.items() if re.search(r"\bWork\(", text)} == {
        "store/store.py",
        "store/limits.py",
        "store/restore.py",
    }


def test_pages_offer_nothing_that_protection_forbids_and_say_why(store: Store) -> None:
    office = an_office(store)
    protect_all(store)
    id, home = office.ids["tom"], office.home["id"]
    for base, reader in (
        ("/team", Reader.contact(store, office.ids["mara"])),
        ("/admin/contacts", Reader.staff(store, email="max@provider.example")),
    ):
        page = reader.open(f"{base}/{id}")
        assert "Requester 1 is protected: nobody can delete this contact" in page
        assert f'action="{base}/{id}/remove"' not in page
        assert re.search(r'name="email"[^>]* readonly', page)
    page = Reader.staff(store, email="max@provider.example").open(f"/admin/customers/{home}")
    assert "This customer is protected: nobody can archive or rename it." in page
    assert f'action="/admin/customers/{home}/archive"' not in page
    with store.unversioned() as connection:
        connection.execute(update(t.customers).values(protected=False))
    page = Reader.staff(store, email="max@provider.example").open(f"/admin/customers/{home}")
    assert "A contact of this customer is protected: nobody can archive it." in page
    assert f'action="/admin/customers/{home}/archive"' not in page
