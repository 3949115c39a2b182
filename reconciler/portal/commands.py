"""The entry points of the portal for the rest of the program.

Parameters and results are plain types.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError

from reconciler.portal.actions.schemas import StaffFields
from reconciler.portal.actions.staff import invite_by_link
from reconciler.portal.actions.tokens import DAYS, all_tokens, end_token
from reconciler.portal.demo.people import add_provider_staff, set_password_for_all
from reconciler.portal.demo.seed import (
    activate_invited,
    add_demo_activity,
    add_invented_customers,
)
from reconciler.portal.i18n.catalogs import UnusableCatalog
from reconciler.portal.rules.passwords import weakness
from reconciler.portal.rules.principals import COMMAND_LINE, Scope
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.throttle import WINDOWS
from reconciler.portal.server.logs import LEVELS
from reconciler.portal.server.process import WrongSettings
from reconciler.portal.serving import folder_of_files, running, serve
from reconciler.portal.store import tables
from reconciler.portal.store.archive import WrongArchive, open_archive
from reconciler.portal.store.backup import write_archive
from reconciler.portal.store.chain import FeedCheck, verify_feed
from reconciler.portal.store.database import (
    WrongDatabase,
    check_version,
    open_database,
    reading,
    require_database,
)
from reconciler.portal.store.restore import RestoreResult, restore_archive
from reconciler.portal.store.store import Store, open_store
from reconciler.portal.web.security import new_token

# An alias, because the callers import no SQLAlchemy.
DatabaseFailure = DBAPIError
LOG_LEVELS: Final = LEVELS
# The default limits of people and customers, by the names used in the flag.
LIMITS: Final[Mapping[str, int]] = {
    str(limit): window.max_amount for limit, window in WINDOWS.items()
}

__all__ = [
    "LIMITS",
    "LOG_LEVELS",
    "DatabaseFailure",
    "FeedCheck",
    "InviteRefused",
    "RestoreResult",
    "UnusableCatalog",
    "WrongArchive",
    "WrongDatabase",
    "WrongSettings",
    "activate_invited_people",
    "add_demo_activity_to",
    "back_up",
    "check_password",
    "create_token",
    "invite",
    "is_empty",
    "list_tokens",
    "require_database",
    "restore",
    "revoke_token",
    "running",
    "seed_many",
    "serve",
    "verify",
]


def create_token(
    database: str, scope: str, name: str, expires: str = str(DAYS), owner: str | None = None
) -> str:
    """Create a token of this scope (`metrics`, `read`, `apply`, `admin`) and return it.

    `expires`: a number of days, or the first day (UTC) without access. `owner`: the only owner
    whose objects it writes. A `ValueError` says what is wrong.
    """
    with _open(database) as store:
        return new_token(store, Scope(scope), name, expires=expires, owner=owner)


def list_tokens(database: str) -> list[dict[str, str | None]]:
    """Return every token, oldest first; the last four members are times.

    None means: not bound to an owner, never used, not revoked.
    """
    with _open(database) as store, store.read() as connection:
        return [
            {
                "id": token["id"],
                "name": token["name"],
                "scope": token["scope"],
                "owner": token["owner"],
                "made": token["created_at"],
                "used": token["used_at"],
                "expires": token["expires_at"],
                "ended": token["ended_at"],
            }
            for token in all_tokens(connection)
        ]


def revoke_token(database: str, id: str) -> tuple[str, str | None]:
    """End a token; return its name, and when it had already ended (None: it was still valid)."""
    with _open(database) as store, store.write(COMMAND_LINE) as work:
        try:
            was = end_token(work, id)
        except Problem as problem:
            raise ValueError(problem.detail) from None
        return was["name"], was["ended_at"]


def invite(database: str, person: Mapping[str, str], base_url: str) -> tuple[str, bool]:
    """Return a link for a new staff member, and whether it replaces an older one.

    A `ValueError` names an invalid field, `InviteRefused` says why the person cannot be invited.
    """
    try:
        fields = StaffFields.model_validate(person).sent_fields()
    except ValidationError as error:
        # one line for a terminal: the other fields are named by the next attempts
        problem = error.errors()[0]
        raise ValueError(
            f"--{problem['loc'][0]}: {problem['msg'].removeprefix('Value error, ')}"
        ) from None
    with _open(database, base_url) as store:
        try:
            return invite_by_link(store, fields)
        except Problem as problem:
            raise InviteRefused(problem.detail) from None


class InviteRefused(Exception):
    """The person cannot be invited; the message says why."""


def seed_many(database: str, customers: int, contacts_per_customer: int) -> None:
    """Fill the portal with this many invented customers and contacts."""
    with _open(database) as store:
        add_invented_customers(store, customers, contacts_per_customer)


def is_empty(database: str) -> bool:
    """Return whether the portal has no customer yet."""
    with _open(database) as store, store.read() as connection:
        return connection.execute(select(tables.customers.c.id).limit(1)).first() is None


def add_demo_activity_to(database: str, password: str | None = None) -> None:
    """Add the demo's activity to a portal; with a password, its people can log in."""
    with _open(database) as store:
        add_provider_staff(store)
        add_demo_activity(store)
        if password is not None:
            set_password_for_all(store, password)


def check_password(password: str) -> str | None:
    """Return why a password for the demo would be refused; None if it is good."""
    return weakness(password)


def activate_invited_people(database: str) -> None:
    """Activate all invited contacts, as if they had used the mailed link."""
    with _open(database) as store:
        activate_invited(store)


def back_up(database: str, files: Path | None, out: Path) -> str:
    """Write the whole portal at one revision to one archive; return its contents in a sentence."""
    # not `_open`, which would migrate a database that an older server may still use
    with _engine(database) as engine:
        return write_archive(engine, folder_of_files(database, files), out).sentence


def restore(
    database: str, files: Path | None, archive: Path, *, keep_tokens: bool = False
) -> RestoreResult:
    """Restore an archive into an empty database with a new epoch; return the result."""
    with _engine(database) as engine, open_archive(archive) as content:
        folder = folder_of_files(database, files)
        return restore_archive(engine, folder, content, keep_tokens=keep_tokens)


def verify(database: str, expected_head: str | None) -> FeedCheck:
    """Return the result of checking the audit feed; it must contain `expected_head`."""
    with _engine(database) as engine, reading(engine) as connection:
        check_version(connection)
        return verify_feed(connection, expected_head)


@contextlib.contextmanager
def _engine(database: str) -> Iterator[Engine]:
    """Yield the database as it is; unlike `_open`, no migration runs."""
    engine = open_database(database)
    try:
        yield engine
    finally:
        engine.dispose()


@contextlib.contextmanager
def _open(database: str, base_url: str = "http://127.0.0.1:8000") -> Iterator[Store]:
    store = open_store(database, base_url=base_url)
    try:
        yield store
    finally:
        store.engine.dispose()
