"""A portal of many: work is done in turns, and what is asked for often is found without reading everything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, select, update

from reconciler.portal.actions import outbox
from reconciler.portal.actions.chunks import ROWS_PER_CHUNK
from reconciler.portal.actions.quotes import expire_quotes
from reconciler.portal.actions.requests import new_number
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.server.jobs import expire_links
from reconciler.portal.store import tables as t
from reconciler.portal.store.database import is_one_of
from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.portal.harness import Api, Clock

MORE = ROWS_PER_CHUNK + 1


def copies(store: Store, kind: str, pattern: dict[str, Any], number: int, **each: Any) -> None:
    """Rows like this one, told apart by `{n}` in what is given for each."""
    plain = {name: value for name, value in pattern.items() if name not in {"id", "version", "revision"}}
    with store.write(SYSTEM) as work:
        for n in range(number):
            values = {name: value.format(n=n) if isinstance(value, str) else value for name, value in each.items()}
            if kind == "request":
                values["number"] = new_number(work)
            row = work.new(kind, {**plain, **values})
            work.count_version(row)


def stored(store: Store, table: Any, id: str) -> dict[str, Any]:
    with store.read() as connection:
        return dict(connection.execute(select(table).where(table.c.id == id)).mappings().one())


@pytest.fixture
def invited(api: Api, store: Store) -> dict[str, Any]:
    """One of more invited people than a turn takes; her link, as everybody's, has run out."""
    _, (first,) = api.a_customer("requester")
    row = stored(store, t.contacts, first["id"])
    copies(
        store,
        "contact",
        row,
        ROWS_PER_CHUNK,
        name="Person {n}",
        email="p{n}@acme.example",
        address_form="p{n}@acme.example",
    )
    return row


def test_links_that_run_out_all_at_once_do_so_in_turns(
    api: Api, store: Store, clock: Clock, invited: dict[str, Any]
) -> None:
    before = api.row("/meta")["revision"]
    clock.move(days=15)
    assert expire_links(store) == MORE
    assert api.row("/meta")["revision"] == before + 2
    assert len(api.items("/contacts", status="link_expired")) == MORE
    assert expire_links(store) == 0


def test_quotes_that_run_out_all_at_once_do_so_in_turns(api: Api, store: Store, clock: Clock) -> None:
    _, (owner,) = api.a_customer("requester")
    request = stored(store, t.requests, api.a_request(owner)["id"])
    copies(store, "request", request, MORE, expires_at=clock.now)
    with store.write(SYSTEM) as work:  # quoting one by one is not what is tried here
        work.connection.execute(update(t.requests).where(t.requests.c.expires_at == clock.now).values(state="quoted"))
    clock.move(days=1)
    before = api.row("/meta")["revision"]
    assert expire_quotes(store) == MORE
    assert api.row("/meta")["revision"] == before + 2
    assert len([mail for mail in api.mails() if mail[0] == "cancelled"]) == MORE


def test_more_names_than_a_database_takes_parameters_are_compared(api: Api, store: Store) -> None:
    names = [f"Person {n}" for n in range(70_000)]
    with store.read() as connection:
        asked = select(t.changes.c.by).where(is_one_of(connection, t.changes.c.by, [*names, "command line"]))
        assert set(connection.execute(asked).scalars()) == {"command line"}
        assert (
            connection.execute(select(t.changes.c.by).where(is_one_of(connection, t.changes.c.by, names))).all() == []
        )


def test_statistics_show_the_first_contacts_and_keep_the_rest_in_the_file(api: Api, store: Store) -> None:
    home, (owner,) = api.a_customer("requester")
    person, request = (
        stored(store, t.contacts, owner["id"]), stored(store, t.requests, api.a_request(owner)["id"])
    )  # fmt: skip
    copies(
        store, "contact", person, 100, name="Person {n}", email="p{n}@acme.example", address_form="p{n}@acme.example"
    )
    for each in api.items("/contacts", customer=home["id"]):
        if each["id"] != owner["id"]:
            copies(store, "request", request, 1, owner=each["id"])
    reader = Reader.staff(store)
    page = reader.open("/statistics")
    assert page.count("<bdi>Person ") == 100
    assert "The 100 of 101 contacts with the most ordered words. The file contains all of them." in page
    assert reader.get("/statistics.csv").text.count("Person ") == 100


@contextmanager
def plans(store: Store) -> Iterator[list[str]]:
    """How SQLite goes about the statements that only read."""
    found: list[str] = []

    def explain(_c: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            steps = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            found.extend(f"{step[3]}: {statement}" for step in steps)

    event.listen(store.engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(store.engine, "before_cursor_execute", explain)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_runs_all_day_reads_no_table_from_end_to_end(store: Store) -> None:
    api = Api.of(replace(store, violations=None))  # the laws are checked on everything there is
    home, _, lease = api.managed("manager")
    revision, epoch = (api.row("/meta")[name] for name in ("revision", "epoch"))
    with plans(store) as found:
        assert outbox.claim_next(store) is not None
        api.get("/snapshot", params={"since": revision, "epoch": epoch})
        api.done(lease, {
            "op": "create_contact", "customer": {"customer": home["external_key"], "key": home["external_key"]},
            "key": "tom", "generation": 1,
            "fields": {"name": "Tom", "email": "tom@acme.example", "role": "requester"}, "applied": {"present": True, "fields": {}},
        })  # fmt: skip
        assert api.get("/contacts", params={"external_key": "tom"}).json()["items"]
        assert api.get("/contacts", params={"status": "active"}).status_code == 200
    walked = [
        step for step in found if step.startswith(("SCAN contacts", "SCAN requests", "SCAN outbox", "SCAN changes"))
    ]
    assert found
    assert walked == []
