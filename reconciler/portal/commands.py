"""The entry points of the portal for the rest of the program.

Parameters and results are plain types.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import uvicorn
from pydantic import ValidationError
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError

from reconciler.portal.actions.schemas import StaffFields
from reconciler.portal.actions.staff import invite_by_link
from reconciler.portal.actions.tokens import DAYS, all_tokens, end_token
from reconciler.portal.app import create_app
from reconciler.portal.delivery.smtp import MailServer, mail_server
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
from reconciler.portal.rules.throttle import WINDOWS, Limits
from reconciler.portal.server.logs import LEVELS, log_to_stderr
from reconciler.portal.server.process import (
    STOP_WITHIN_S,
    WrongSettings,
    bind_address,
    listen,
    run_server,
)
from reconciler.portal.server.word_counting import start_counting
from reconciler.portal.sign_on.journey import SignOn
from reconciler.portal.sign_on.settings import settings_of
from reconciler.portal.store import tables
from reconciler.portal.store.archive import WrongArchive, open_archive
from reconciler.portal.store.backup import write_archive
from reconciler.portal.store.chain import FeedCheck, verify_feed
from reconciler.portal.store.clock import system_clock
from reconciler.portal.store.database import (
    WrongDatabase,
    check_version,
    folder_beside,
    open_database,
    reading,
)
from reconciler.portal.store.restore import RestoreResult, restore_archive
from reconciler.portal.store.store import Store, open_store
from reconciler.portal.web.request_limits import CONNECTIONS
from reconciler.portal.web.security import new_token

DatabaseFailure = DBAPIError
LOG_LEVELS: Final = LEVELS
# The default limits of people and customers, by the names used in the flag.
LIMITS: Final[Mapping[str, int]] = {
    str(limit): window.most for limit, window in WINDOWS.items()
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
    "restore",
    "revoke_token",
    "running",
    "seed_many",
    "serve",
    "verify",
]


def serve(
    database: str,
    port: int,
    host: str = "127.0.0.1",
    base_url: str | None = None,
    *,
    smtp: str | None = None,
    mail_from: str | None = None,
    smtp_password: str | None = None,
    log_level: str = "info",
    proxies: str = "127.0.0.1",
    files: Path | None = None,
    oidc: Mapping[str, Any] | None = None,
    connections: int = CONNECTIONS,
    limits: Mapping[str, int] | None = None,
) -> None:
    """Serve the portal until a signal; current requests and the current mail are finished first.

    `oidc`: `issuer`, `client_id`, `secret`, `name`, `domains` of an identity provider. `limits`:
    other numbers for some of `LIMITS`.
    """
    files = _folder_of_files(database, files)
    server, sign_on = (
        _mail_server(smtp, mail_from, smtp_password),
        _sign_on(oidc) if oidc else None,
    )
    place = bind_address(host, port, base_url, proxies)
    log_to_stderr(log_level)
    store = open_store(
        database,
        base_url=place.base_url,
        files=files,
        limits=Limits.with_numbers(limits or {}),
    )
    try:
        run_server(create_app(store, sign_on), store, place, server, connections)
    finally:
        place.listening.close()
        store.engine.dispose()


def _folder_of_files(database: str, files: Path | None) -> Path:
    """Return the named folder of files, else the one beside a database file."""
    folder = files or folder_beside(database)
    if folder is None:
        raise WrongSettings(
            "this database is not a file; name the folder of the portal's files with --files DIR"
        )
    return folder


def _mail_server(
    smtp: str | None, mail_from: str | None, password: str | None
) -> MailServer | None:
    if smtp is None:
        return None
    if mail_from is None:
        raise WrongSettings("mails need a sender; pass --mail-from with --smtp")
    try:
        return mail_server(smtp, mail_from, password)
    except ValueError as error:
        raise WrongSettings(str(error)) from None


def _sign_on(oidc: Mapping[str, Any]) -> SignOn:
    try:
        settings = settings_of(**oidc)
        # the extra may not be installed
        from reconciler.portal.sign_on.provider import Provider  # noqa: PLC0415
    except ValueError as error:
        raise WrongSettings(str(error)) from None
    except ModuleNotFoundError as error:
        raise WrongSettings(
            f"log-in at a provider is not installed: {error.name} is missing; install the "
            f"portal with the extra oidc: "
            "pipx install --force "
            "'/path/portal_reconciler-…-py3-none-any.whl[portal,postgres,oidc]'"
        ) from None
    return Provider(settings)


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
    """Return every token, oldest first, as `id`, `name`, `scope`, `owner` and four times.

    The last four are times. None means: not bound to an owner, never used, not revoked.
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
    with _engine(database) as engine:
        return write_archive(engine, _folder_of_files(database, files), out).sentence


def restore(
    database: str, files: Path | None, archive: Path, *, keep_tokens: bool = False
) -> RestoreResult:
    """Restore an archive into an empty database with a new epoch; return the result."""
    with _engine(database) as engine, open_archive(archive) as content:
        folder = _folder_of_files(database, files)
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


@contextlib.contextmanager
def running(
    database: str, port: int = 0, clock: Callable[[], str] | None = None
) -> Iterator[str]:
    """Run the portal in a thread while the block runs; yields its URL."""
    bound = listen("127.0.0.1", port)
    address = f"http://127.0.0.1:{bound.getsockname()[1]}"
    store = open_store(database, clock or system_clock, address)
    config = uvicorn.Config(
        create_app(store), log_config=None, access_log=False, timeout_graceful_shutdown=3
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [bound]}, name="portal", daemon=True
    )
    thread.start()
    stop = threading.Event()
    counting = start_counting(store, stop)
    try:
        while not server.started:
            if not thread.is_alive():
                raise WrongDatabase("the portal did not start")
            thread.join(0.01)
        yield address
    finally:
        server.should_exit = True
        stop.set()
        for worker in (thread, *counting):
            worker.join(STOP_WITHIN_S)
        bound.close()
        store.engine.dispose()
