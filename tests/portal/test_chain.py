"""The audit feed is a chain: whatever is done to it directly in the database is seen."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, and_, delete, event, insert, select, text, update

from reconciler.portal.commands import back_up, restore
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.chain import START, canonical, erase_values, sealed_paths
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store import tables as t
from reconciler.portal.store.chain import FeedCheck, verify_feed
from reconciler.portal.store.database import open_database, unversioned, upgrade
from reconciler.portal.store.store import Store, open_store
from reconciler.portal.store.unit_of_work import Row
from tests.portal.conftest import _database as database_of
from tests.portal.harness import Api
from tests.portal.test_erasure import a_busy_life

_names = itertools.count()
Entry = dict[str, Any]


def verdict(store: Store, head: str | None = None) -> FeedCheck:
    with store.read() as connection:
        return verify_feed(connection, head)


def entries(store: Store) -> list[Entry]:
    with store.read() as connection:
        rows = connection.execute(select(t.changes).order_by(t.changes.c.revision, t.changes.c.seq)).mappings()
        return [dict(row) for row in rows]


def put(store: Store, rows: list[Entry], head: str | None = None) -> None:
    """The feed as somebody with the database in hand leaves it."""
    with store.unversioned() as connection:
        connection.execute(delete(t.changes))
        for row in rows:
            connection.execute(insert(t.changes), row)
        if head is not None:
            connection.execute(update(t.portal).values(head=head))


def another(value: Any, random_: random.Random) -> Any:
    """Another value of the same kind."""
    match value:
        case None:
            return "x"
        case int():
            return value + random_.randrange(1, 5)
        case str():
            at = random_.randrange(len(value)) if value else 0
            return value[:at] + ("y" if value[at : at + 1] != "y" else "z") + value[at + 1 :]
        case dict() if value and random_.random() < 0.6:
            name = random_.choice(sorted(value))
            return {**value, name: another(value[name], random_)}
        case dict() if value and random_.random() < 0.5:
            gone = random_.choice(sorted(value))
            return {name: each for name, each in value.items() if name != gone} or None
        case dict():
            return {**value, "more": 1}
        case _:
            return [*value, "more"]


def edited(rows: list[Entry], random_: random.Random) -> list[Entry]:
    """The feed after one edit: of a column, a deletion, an insertion, or an exchange of two entries."""
    at, kind = random_.randrange(len(rows)), random_.random()
    one = rows[at]
    if kind < 0.7:
        column = random_.choice(sorted(one))
        changed = {**one, column: another(one[column], random_)}
        if column in {"before", "after", "seals"} and one[column] is None:
            changed[column] = {"x": "y"}
        keys = {(row["revision"], row["seq"]) for row in rows if row is not one}
        return [*rows[:at], changed, *rows[at + 1 :]] if (changed["revision"], changed["seq"]) not in keys else rows[1:]
    if kind < 0.8:
        return [*rows[:at], *rows[at + 1 :]]
    if kind < 0.9:
        return [*rows, {**one, "seq": max(row["seq"] for row in rows) + 1}]
    other = random_.choice([row for row in rows if row is not one])
    key, of = {name: one[name] for name in ("revision", "seq")}, {name: other[name] for name in ("revision", "seq")}
    return [{**row, **of} if row is one else {**row, **key} if row is other else row for row in rows]


def test_fifty_random_edits_are_all_seen_also_of_erased_entries(api: Api, store: Store) -> None:
    gone, _ = a_busy_life(api)
    api.act(f"/contacts/{gone['id']}/erase", gone)
    rows, random_, unseen = entries(store), random.Random(20261129), []
    assert verdict(store).wrong is None
    assert any(seal.startswith("erased:") for row in rows for seal in row["seals"].values())
    for n in range(50):
        other = edited(rows, random_)
        assert other != rows
        put(store, other)
        if verdict(store).wrong is None:
            differ = [(a, b) for a, b in itertools.zip_longest(rows, other) if a != b]
            unseen.append((n, differ))
    assert unseen == []
    put(store, rows)
    assert verdict(store).wrong is None


def test_the_first_entry_that_does_not_hold_is_named(api: Api, store: Store) -> None:
    api.a_customer("manager", "requester")
    rows = entries(store)
    put(store, [{**row, "by": "Somebody"} if n == 2 else row for n, row in enumerate(rows)])
    found = verdict(store)
    assert (found.entries, found.head) == (2, rows[1]["hash"])
    assert found.wrong is not None
    assert found.wrong.startswith(f"the entry of revision {rows[2]['revision']}, seq {rows[2]['seq']} is not what")


def test_a_lost_tail_is_seen_by_the_portals_head_and_with_that_set_back_by_a_noted_one(api: Api, store: Store) -> None:
    api.a_customer("manager", "requester")
    noted = api.row("/meta")["head"]
    api.a_customer(name="Later")
    rows = entries(store)
    assert noted in [row["hash"] for row in rows]
    assert verdict(store, noted).wrong is None
    put(store, rows[:2])
    assert "the last entries are missing" in str(verdict(store).wrong)
    put(store, rows[:2], head=rows[1]["hash"])
    assert verdict(store).wrong is None, "as verify says: without a noted head this is not seen"
    assert f"no entry has the head {noted}" in str(verdict(store, noted).wrong)
    put(store, rows, head=rows[-1]["hash"])


def test_values_that_somebody_erased_by_hand_are_named_by_no_erasure(api: Api, store: Store) -> None:
    api.a_customer("manager")
    rows = entries(store)
    at = next(n for n, row in enumerate(rows) if "after.name" in row["seals"])
    put(store, [{**row, **erase_values(row, ["after.name"])} if n == at else row for n, row in enumerate(rows)])
    said = str(verdict(store).wrong)
    assert said == (
        f"'after.name' of the entry of revision {rows[at]['revision']}, seq {rows[at]['seq']} was erased, and no "
        "erasure names it"
    )
    put(store, rows)


def test_the_feed_shows_hashes_and_meta_and_snapshot_the_head(api: Api, store: Store) -> None:
    assert api.row("/meta")["head"] == entries(store)[-1]["hash"]
    api.a_customer("manager")
    shown = api.items_of_history()
    assert [entry["hash"] for entry in shown] == [row["hash"] for row in entries(store)]
    assert all(entry["erased"] == [] for entry in shown)
    header = api.get("/snapshot").text.splitlines()[0]
    assert f'"head":"{shown[-1]["hash"]}"' in header


def test_what_somebody_typed_is_sealed_and_what_is_not_sealed_holds_nothing_that_somebody_typed(
    api: Api, store: Store
) -> None:
    typed = "Typed By Somebody"
    a_busy_life(api)
    home = api.create("/customers", name=typed, description=typed, email_domains=["typed.example"])
    api.create("/contacts", customer=home["id"], name=typed, email="typed@typed.example", role="manager")
    api.create("/services", code="typed", name=typed, description=typed)
    for row in entries(store):
        assert set(row["seals"]) == set(sealed_paths(row))
        plain = {
            side: {name: value for name, value in (row[side] or {}).items() if f"{side}.{name}" not in row["seals"]}
            for side in ("before", "after")
        }
        assert "@" not in canonical(plain)
        assert typed not in canonical(plain)
        assert "Zo" not in canonical(plain)


def test_a_restore_keeps_the_chain_and_names_the_backups_head(api: Api, store: Store, tmp_path: Path) -> None:
    gone, _ = a_busy_life(api)
    api.act(f"/contacts/{gone['id']}/erase", gone)
    head, revision = api.row("/meta")["head"], api.row("/meta")["revision"]
    url = store.engine.url.render_as_string(hide_password=False)
    assert f"the head of its audit feed is {head}" in back_up(url, tmp_path, tmp_path / "portal.zip")
    target = f"sqlite:///{tmp_path / 'restored.sqlite'}"
    assert restore(target, tmp_path / "f", tmp_path / "portal.zip").head == head
    other = open_store(target, check_invariants=True)
    again = Api.of(other)
    again.a_customer(name="After")
    found = verdict(other, head)
    assert found.wrong is None
    assert [(each.revision, each.from_head) for each in found.restores] == [(revision + 1, head)]
    seam = next(entry for entry in again.items_of_history() if entry["what"] == "portal/restore")
    assert (seam["by"], seam["before"]["head"]) == ("command line", head)
    assert seam["before"]["epoch"] != seam["after"]["epoch"] == again.row("/meta")["epoch"]
    other.engine.dispose()
    assert other.violations == []


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'old.sqlite'}"
    return database_of(request.getfixturevalue("postgres"), f"unchained_{next(_names)}")


def test_the_entries_of_an_older_portal_are_chained_by_the_migration(
    old: str, make_old: Callable[[str, int], None]
) -> None:
    make_old(old, 2500)
    store = open_store(old, check_invariants=True)
    found = verdict(store)
    assert (found.entries, found.wrong) == (2500, None)
    assert found.head == Api.of(store).items_of_history()[2499]["hash"]
    assert verdict(store).wrong is None
    with store.unversioned() as connection:
        third = and_(t.changes.c.revision == 1, t.changes.c.seq == 2)
        connection.execute(update(t.changes).where(third).values(after={"name": "Other"}))
    assert "revision 1, seq 2 is not what" in str(verdict(store).wrong)
    store.engine.dispose()


@pytest.fixture
def make_old() -> Callable[[str, int], None]:
    """Makes a portal of the version before the chain, with so many entries, ten a revision."""

    def make(database: str, count: int) -> None:
        engine = open_database(database)
        with unversioned(engine) as connection:
            upgrade(connection, "0008")
            found = MetaData()
            found.reflect(connection, only=["changes", "portal"])
            row = {
                "at": "2026-11-23T12:00:00Z", "by": "Tóth", "actor": "manager", "what": "PATCH contacts",
                "object": "contact", "id": "con_1", "before": None, "after": {"name": "Tóth", "role": "manager"},
                "change": None, "run": None, "commit": None, "person": "con_2",
            }  # fmt: skip
            connection.execute(
                insert(found.tables["changes"]),
                [{**row, "revision": 1 + n // 10, "seq": n % 10} for n in range(count)],
            )
            portal = {"one": 1, "id": "p", "name": "", "epoch": "e", "revision": 1000, "fence": 0, "secret": "s"}
            connection.execute(insert(found.tables["portal"]), portal)
            connection.execute(text(
                "INSERT INTO settings (id, version, revision, touched, sign_up, languages, offers, branding) "
                "VALUES ('settings', 1, 1, '{}', 'open', '{}', '{}', '{}')"
            ))  # fmt: skip
        engine.dispose()

    return make


def test_an_empty_feed_holds_and_its_head_is_the_start(store: Store) -> None:
    assert verdict(store, START) == FeedCheck(0, START, (), None)


def test_a_thousand_entries_are_chained_in_as_many_statements_as_one(api: Api, store: Store) -> None:
    row = Row("customer", {"id": api.a_customer()[0]["id"]}, None)
    counted: list[int] = []

    def note(count: int) -> None:
        statements: list[str] = []

        def on_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            statements.append(statement)

        event.listen(store.engine, "before_cursor_execute", on_statement)
        with store.write(SYSTEM) as work:
            for _ in range(count):
                work.audit(AuditAction.PATCH_CUSTOMERS, row, {"name": "Acme"}, {"name": "Other"})
        event.remove(store.engine, "before_cursor_execute", on_statement)
        counted.append(len([each for each in statements if each.startswith(("INSERT", "UPDATE"))]))

    note(1)
    note(1000)
    assert counted == [2, 2], "the entries, and the portal's revision and head"
    assert verdict(store).wrong is None
