"""The database: migrations, and what a transaction is."""

from __future__ import annotations

import concurrent.futures
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from reconciler.portal.store.database import WrongDatabase, migrate, open_database
from reconciler.portal.store.store import Store
from reconciler.portal.store.tables import metadata
from tests.portal.harness import Api


def test_the_migrations_make_exactly_the_tables_of_the_program(store: Store) -> None:
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_migrating_again_changes_nothing(store: Store) -> None:
    with store.read() as connection:
        before = connection.execute(text("SELECT * FROM portal")).all()
    migrate(store.engine)
    with store.read() as connection:
        assert connection.execute(text("SELECT * FROM portal")).all() == before


def test_a_database_of_a_newer_program_is_refused(store: Store) -> None:
    with store.engine.connect().execution_options(writing=True) as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(WrongDatabase, match="newer than this program"):
        migrate(store.engine)


def test_other_databases_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(WrongDatabase, match="'mysql' is not a supported database"):
        open_database("mysql://localhost/portal")


def test_writers_come_one_after_the_other_and_lose_nothing(api: Api) -> None:
    def create(number: int) -> int:
        created = api.create("/customers", name=f"Customer {number}")
        return int(api.row(f"/customers/{created['id']}")["version"])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(create, range(24))) == [1] * 24
    revisions = [entry["revision"] for entry in api.get("/changes", params={"limit": 200}).json()["items"]]
    assert revisions == list(range(1, 26)), "the client's token, and then one after the other"
