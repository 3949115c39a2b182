"""Every cell of actor × operation × own or other customer, executed: what DOMAIN's table says, and nothing else.

Writes are sent with a version that nobody has, so that a cell that lets the actor through ends in
`stale` or in a mistake of the form and changes nothing: the same portal serves every cell.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from reconciler.portal.actions import registrations, sessions
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.principals import SYSTEM, Scope
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store, open_store
from reconciler.portal.web.security import new_token
from tests.pages.matrix import ACTORS, CELLS, ROUTES, TOKENS
from tests.pages.reader import Reader
from tests.portal.harness import Api, Clock, key

_once = itertools.count()


@dataclass
class World:
    """A portal with two customers, everybody who can be an actor, and things of each."""

    store: Store
    api: Api
    reader: Reader
    secrets: dict[str, str]
    """Actor → session or token."""
    ids: dict[tuple[str, str, str], str]
    """(actor, kind of thing, `mine` `own` `other`) → id."""
    colleague: str
    gone: list[str]
    """The contacts whose sessions ended for good."""
    marks: dict[str, str]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("matrix")
    store = open_store(f"sqlite:///{folder / 'portal.sqlite'}", Clock(), check_invariants=True)
    made = _world(store)
    yield made
    store.engine.dispose()
    assert store.violations == []


def _world(store: Store) -> World:
    api = Api.of(store)
    home, people = api.a_customer("manager", "requester", "observer", "requester", "requester", name="Acme")
    there, others = api.a_customer("manager", "requester", name="Other")
    there = api.write(
        "PATCH", f"/customers/{there['id']}", there["version"], {"project_managers": ["kim@provider.example"]}
    ).json()
    service = api.create("/services", code="certified", name="Certified")
    by_role = {"manager": people[0], "requester": people[1], "observer": people[2]}
    secrets = {"anonymous": ""}
    for actor, person in by_role.items():
        secrets[actor] = Reader.contact(store, person["id"]).cookies["portal"]
    secrets["administrator"] = Reader.staff(store).cookies["portal"]
    secrets["project_manager"] = Reader.staff(store, "project_manager", "lee@provider.example").cookies["portal"]
    secrets |= {scope: new_token(store, Scope(scope), scope) for scope in ("metrics", *TOKENS)}
    secrets["removed"], secrets["registrant"] = _removed(store, api, people[4]), _registrant(store, home["id"])
    lease = api.lease("customer:nobody")
    ids: dict[tuple[str, str, str], str] = {}
    requests = {role: _request(api, person) for role, person in by_role.items() if role != "observer"}
    colleagues, strangers = _request(api, people[3]), _request(api, others[1])
    for actor in ACTORS:
        mine = by_role.get(actor, people[3])
        for kind, found in (
            ("contacts", (mine["id"], people[3]["id"], others[1]["id"])),
            ("requests", (requests.get(actor, colleagues)["id"], colleagues["id"], strangers["id"])),
            ("files", (requests.get(actor, colleagues)["file"], colleagues["file"], strangers["file"])),
            ("customers", (home["id"], home["id"], there["id"])),
            ("services", (service["id"],) * 3),
            ("leases", (lease["id"],) * 3),
            ("outbox", (api.items("/outbox")[0]["id"],) * 3),
            ("staff", (api.items("/staff")[0]["id"],) * 3),
            ("sessions", ("0" * 16,) * 3),
        ):
            ids.update({(actor, kind, whose): id for whose, id in zip(("mine", "own", "other"), found, strict=True)})
    ids |= {(actor, "uploads", "mine"): _upload(api, secrets[actor]) for actor in CELLS["upload"]}
    reader = Reader.of(store)
    marks = {actor: _mark(reader, secret) for actor, secret in secrets.items()}
    return World(store, api, reader, secrets, ids, people[3]["id"], [people[4]["id"]], marks)


def _request(api: Api, owner: dict[str, Any]) -> dict[str, Any]:
    """A request with a file; `file` is its id."""
    sent = _upload(api, api.headers["Authorization"].removeprefix("Bearer "))
    made = api.create(
        "/requests", owner=owner["id"], title="Manual", source_language="en", target_languages=["de"], files=[sent]
    )
    return {**made, "file": sent}


def _upload(api: Api, secret: str) -> str:
    sent = api.post(
        "/uploads?name=a.txt", content=b"Some words.",
        headers={
            **key(), "If-None-Match": "*", "Content-Type": "application/octet-stream",
            "Authorization": f"Bearer {secret}",
        },
    )  # fmt: skip
    return str(sent.json()["id"])


def _removed(store: Store, api: Api, person: dict[str, Any]) -> str:
    secret = str(Reader.contact(store, person["id"]).cookies["portal"])
    api.act(f"/contacts/{person['id']}/offboard", api.row(f"/contacts/{person['id']}"), reason="left")
    return secret


def _registrant(store: Store, home: str) -> str:
    with store.write(SYSTEM) as work:
        fields = {"name": "Rita Ruiz", "email": "rita@acme.example", "role": "requester", "language": None}
        row = registrations.register(work, work.get("customer", home), fields)
        work.audit(AuditAction.SIGN_UP, row, None, {})
        work.flush()
        return sessions.begin_session(work, contact=row.id)["token"]


def _mark(reader: Reader, secret: str) -> str:
    """The mark of the forms that this visitor gets."""
    reader.cookies.delete("portal")
    if secret:
        reader.cookies.set("portal", secret)
    reader.open("/nowhere", 404)
    return reader.form_to("/language").values["mark"][0]


def served(routes: Any) -> Iterator[tuple[str, str]]:
    """Every method and path that the portal serves."""
    for route in routes:
        yield from ((method, route.path_format) for method in route.methods - {"HEAD"})


def test_every_route_and_page_has_its_row_in_the_table(world: World) -> None:
    found = set(served(world.reader.app.routes))  # type: ignore[attr-defined]
    assert found - set(ROUTES) == set(), "served, but not in the table"
    assert set(ROUTES) - found == set(), "in the table, but not served"


@pytest.mark.parametrize("actor", ACTORS)
def test_every_cell_of_an_actor_is_as_the_table_says(world: World, actor: str) -> None:
    wrong = [
        f"{actor} {method} {path} ({whose}): {found}, not {wanted}"
        for (method, path), capability in ROUTES.items()
        for whose in _tenancies(path)
        for found, wanted in [(_asked(world, actor, method, path, whose), _wanted(actor, capability, path, whose))]
        if found != wanted
    ]
    assert wrong == []


def _tenancies(path: str) -> tuple[str, ...]:
    owned = "{id}" in path and path.split("/{id}", maxsplit=1)[0].endswith(
        ("/contacts", "/requests", "/team", "/customers")
    )
    return ("mine", "own", "other") if owned else ("mine",)


def _wanted(actor: str, capability: str, path: str, whose: str) -> str:
    cells = CELLS[capability]
    if capability == "open to everybody":
        return "in"
    if actor in {"metrics", *TOKENS} and not _for_programs(path):
        return "log in"  # a token opens no page
    if actor in cells:
        return "in" if whose in cells[actor] or not _tenancies(path)[1:] else "absent"
    return "log in" if actor in {"anonymous", "removed", "registrant"} else "forbidden"


def _for_programs(path: str) -> bool:
    return path.startswith(("/api/", "/healthz", "/readyz", "/metrics"))


def _asked(world: World, actor: str, method: str, path: str, whose: str) -> str:
    kind = "contacts" if path.startswith("/team") else path.split("/{", maxsplit=1)[0].rpartition("/")[2]
    target = path.replace("{id}", world.ids.get((actor, kind, whose), "none")).replace(
        "{action}", "remove" if kind == "staff" else "restore"
    )
    target = (
        target.replace("{name}", "portal.css")
        .replace("{file}", world.ids[actor, "files", whose])
        .replace("{secret}", "0" * 32)
        .replace("{status}", "waiting")
    )
    answer = _call(world, actor, method, target) if _for_programs(path) else _visit(world, actor, method, target)
    if path in LOGGING_OUT and method != "GET":
        with world.store.write(SYSTEM) as work:  # logged in again, with the same session
            work.connection.execute(
                update(t.sessions).where(t.sessions.c.contact.notin_(world.gone)).values(ended_at=None)
            )
            work.connection.execute(update(t.sessions).where(t.sessions.c.staff.is_not(None)).values(ended_at=None))
    if ROUTES[method, path] == "open to everybody":
        return "forbidden" if answer.status_code == 403 else "in"  # a secret that opens nothing is told to everybody
    if answer.status_code == 401 or (
        method == "GET" and answer.status_code == 303 and answer.headers["location"].startswith("/login")
    ):
        return "log in"
    return {403: "forbidden", 404: "absent"}.get(answer.status_code, "in")


def _call(world: World, actor: str, method: str, path: str) -> Any:
    headers = {**key(), "If-Match": '"999999"', "If-None-Match": '"none"', "Content-Type": "application/json"}
    if world.secrets[actor]:
        headers["Authorization"] = f"Bearer {world.secrets[actor]}"
    body = BODIES.get((method, path.rpartition("/")[2]), {})
    reader = world.reader
    reader.cookies.clear()
    return reader.request(
        method,
        path,
        headers=headers,
        json=_filled(world, actor, body) if method != "GET" else None,
        follow_redirects=False,
    )


LOGGING_OUT = ("/api/v1/sessions", "/logout", "/account/log-out")
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "hand-over"): {"work_to": "COLLEAGUE"},
    ("POST", "offboard"): {"work_to": "COLLEAGUE"},
    ("POST", "reassign"): {"owner": "COLLEAGUE"},
    **{("POST", event): {"reason": "Not needed any more"} for event in ("decline", "reject", "cancel")},
    ("POST", "progress"): {"progress": 50},
    ("POST", "deliver"): {"files": [{"upload": "file_0", "language": "de"}]},
}  # fmt: skip


def _filled(world: World, actor: str, body: dict[str, Any]) -> dict[str, Any]:
    return {name: world.colleague if value == "COLLEAGUE" else value for name, value in body.items()}


def _visit(world: World, actor: str, method: str, path: str) -> Any:
    reader = world.reader
    reader.cookies.clear()
    if world.secrets[actor]:
        reader.cookies.set("portal", world.secrets[actor])
    if method == "GET":
        return reader.get(path, follow_redirects=False)
    mark = world.marks[actor]
    if actor in {"anonymous"}:
        mark = _mark(reader, "")
    form = {
        "mark": mark,
        "once": f"matrix-{next(_once):012}",
        "version": "999999",
        "heir": world.colleague,
        "language": "en",
        "to": "/",
    }
    sent = {"files": {"files_de": ("a.txt", b"words")}} if path.endswith("/deliver") else {}
    return reader.post(path, data=form, follow_redirects=False, **sent)
