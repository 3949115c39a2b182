"""The commands that start the portal: the one door through which the rest of the program reaches it.

Strings and numbers come in; no type of the portal goes out but plain ones.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import uvicorn
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from reconciler.portal.actions.schemas import StaffFields
from reconciler.portal.actions.staff import invite_from_outside
from reconciler.portal.actions.tokens import DAYS, all_tokens, end_token
from reconciler.portal.app import create_app
from reconciler.portal.delivery.smtp import MailServer, mail_server
from reconciler.portal.demo.people import give_everybody, people_of_the_provider
from reconciler.portal.demo.seed import fill, settle, tell_demo_story
from reconciler.portal.i18n.catalogs import UnusableCatalog
from reconciler.portal.rules.passwords import weakness
from reconciler.portal.rules.principals import COMMAND_LINE, Scope
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.throttle import WINDOWS, Limits
from reconciler.portal.server.logs import LEVELS, log_to_stderr
from reconciler.portal.server.process import STOP_WITHIN_S, WrongSettings, listen, place_of, run_server
from reconciler.portal.server.word_counting import start_counting
from reconciler.portal.sign_on.journey import SignOn
from reconciler.portal.sign_on.settings import settings_of
from reconciler.portal.store import tables
from reconciler.portal.store.archive import WrongArchive, open_archive
from reconciler.portal.store.backup import write_archive
from reconciler.portal.store.chain import Verdict, verify_feed
from reconciler.portal.store.database import (
    WrongDatabase,
    folder_beside,
    must_be_of_this_version,
    open_database,
    reading,
)
from reconciler.portal.store.restore import Restored, restore_archive
from reconciler.portal.store.store import Store, open_store
from reconciler.portal.web.request_limits import CONNECTIONS
from reconciler.portal.web.security import new_token

DatabaseFailure = DBAPIError
LOG_LEVELS: Final = LEVELS
LIMITS: Final[Mapping[str, int]] = {str(limit): window.most for limit, window in WINDOWS.items()}
"""What a person or a customer may cause, by the names of the flag."""

__all__ = [
    "LIMITS", "LOG_LEVELS", "DatabaseFailure", "NotInvited", "Restored", "UnusableCatalog", "Verdict", "WrongArchive", "WrongDatabase", "WrongSettings",
    "activate_everybody", "back_up", "create_token", "invite", "is_empty", "judge_password", "list_tokens", "restore",
    "revoke_token", "running", "seed_many", "serve", "tell_story", "verify",
]  # fmt: skip


def serve(
    database: str, port: int, host: str = "127.0.0.1", base_url: str | None = None, *, smtp: str | None = None,
    mail_from: str | None = None, smtp_password: str | None = None, log_level: str = "info",
    proxies: str = "127.0.0.1", files: Path | None = None, oidc: Mapping[str, Any] | None = None,
    connections: int = CONNECTIONS, limits: Mapping[str, int] | None = None,
) -> None:  # fmt: skip
    """Serve the portal until a signal; requests and the mail under way are finished first.

    `oidc`: `issuer`, `client_id`, `secret`, `name`, `domains` of the provider that people may log in at.
    `limits`: other numbers for some of `LIMITS`.
    """
    files = _folder_of_files(database, files)
    server, sign_on = _mail_server(smtp, mail_from, smtp_password), _sign_on(oidc) if oidc else None
    place = place_of(host, port, base_url, proxies)
    log_to_stderr(log_level)
    store = open_store(database, base_url=place.base_url, files=files, limits=Limits.with_numbers(limits or {}))
    try:
        run_server(create_app(store, sign_on), store, place, server, connections)
    finally:
        place.listening.close()
        store.engine.dispose()


def _folder_of_files(database: str, files: Path | None) -> Path:
    """The folder of the portal's files: the one named, else the one beside a database that is a file."""
    folder = files or folder_beside(database)
    if folder is None:
        raise WrongSettings("this database is not a file: name the folder of the portal's files with --files DIR")
    return folder


def _mail_server(smtp: str | None, mail_from: str | None, password: str | None) -> MailServer | None:
    if smtp is None:
        return None
    if mail_from is None:
        raise WrongSettings("mails need a sender: give --mail-from beside --smtp")
    try:
        return mail_server(smtp, mail_from, password)
    except ValueError as error:
        raise WrongSettings(str(error)) from None


def _sign_on(oidc: Mapping[str, Any]) -> SignOn:
    try:
        settings = settings_of(**oidc)
        from reconciler.portal.sign_on.provider import Provider  # noqa: PLC0415  the extra may not be installed
    except ValueError as error:
        raise WrongSettings(str(error)) from None
    except ModuleNotFoundError as error:
        raise WrongSettings(
            f"log-in at a provider is not installed: {error.name} is missing; install the portal with the extra oidc: "
            "pipx install --force '/path/portal_reconciler-…-py3-none-any.whl[portal,postgres,oidc]'"
        ) from None
    return Provider(settings)


def create_token(database: str, scope: str, name: str, expires: str = str(DAYS), owner: str | None = None) -> str:
    """A new token of this scope (`metrics`, `read`, `apply`, `admin`); it is shown this once.

    `expires`: a number of days, or the first day (UTC) on which it opens nothing. `owner`: whose
    objects alone it writes. A `ValueError` says what does not fit.
    """
    with _opened(database) as store:
        return new_token(store, Scope(scope), name, expires=expires, owner=owner)


def list_tokens(database: str) -> list[dict[str, str | None]]:
    """Every token, oldest first: `id`, `name`, `scope`, `owner`, `made`, `used`, `expires`, `ended`.

    The last four are times. None: it is bound to no owner, was never used, was not ended by anybody.
    """
    with _opened(database) as store, store.read() as connection:
        return [
            {"id": one["id"], "name": one["name"], "scope": one["scope"], "owner": one["owner"],
             "made": one["created_at"], "used": one["used_at"], "expires": one["expires_at"], "ended": one["ended_at"]}
            for one in all_tokens(connection)
        ]  # fmt: skip


def revoke_token(database: str, id: str) -> tuple[str, str | None]:
    """End a token; its name, and since when it had ended before (None: it opened something until now)."""
    with _opened(database) as store, store.write(COMMAND_LINE) as work:
        try:
            was = end_token(work, id)
        except Problem as problem:
            raise ValueError(problem.detail) from None
        return was["name"], was["ended_at"]


def invite(database: str, said: Mapping[str, str], base_url: str) -> tuple[str, bool]:
    """A link by which one of the provider's people (name, email, kind, language) comes in; a new one if it was lost.

    And whether there was an older link, which opens nothing any more. A `ValueError` says which of the fields is
    not right, a `NotInvited` why somebody cannot be invited.
    """
    try:
        fields = StaffFields.model_validate(said).sent()
    except ValidationError as error:
        found = error.errors()[0]
        raise ValueError(f"--{found['loc'][0]}: {found['msg'].removeprefix('Value error, ')}") from None
    with _opened(database, base_url) as store:
        try:
            return invite_from_outside(store, fields)
        except Problem as problem:
            raise NotInvited(problem.detail) from None


class NotInvited(Exception):
    """Somebody cannot be invited; the message says why."""


def seed_many(database: str, customers: int, contacts_per_customer: int) -> None:
    """Fill the portal with so many invented customers and people."""
    with _opened(database) as store:
        fill(store, customers, contacts_per_customer)


def is_empty(database: str) -> bool:
    """Whether the portal has no customer yet."""
    with _opened(database) as store, store.read() as connection:
        return connection.execute(select(tables.customers.c.id).limit(1)).first() is None


def tell_story(database: str, password: str | None = None) -> None:
    """What happened in the demo's portal after the earlier files were applied; with a password, people can log in."""
    with _opened(database) as store:
        people_of_the_provider(store)
        tell_demo_story(store)
        if password is not None:
            give_everybody(store, password)


def judge_password(password: str) -> str | None:
    """Why a password for the demo's people would be refused; None when it is good."""
    return weakness(password)


def activate_everybody(database: str) -> None:
    """Everybody who was invited has opened the mailed link."""
    with _opened(database) as store:
        settle(store)


def back_up(database: str, files: Path | None, out: Path) -> str:
    """Everything in the portal at one revision as one archive; what it holds, in a sentence."""
    engine = open_database(database)
    try:
        return write_archive(engine, _folder_of_files(database, files), out).sentence
    finally:
        engine.dispose()


def restore(database: str, files: Path | None, archive: Path, *, keep_tokens: bool = False) -> Restored:
    """An archive's portal in an empty database, of a new epoch; what was brought back, and what opens nothing."""
    engine = open_database(database)
    try:
        with open_archive(archive) as opened:
            return restore_archive(engine, _folder_of_files(database, files), opened, keep_tokens=keep_tokens)
    finally:
        engine.dispose()


def verify(database: str, noted: str | None) -> Verdict:
    """What a look at the whole audit feed finds; `noted`: a head that must be that of one of its entries."""
    engine = open_database(database)
    try:
        with reading(engine) as connection:
            must_be_of_this_version(connection)
            return verify_feed(connection, noted)
    finally:
        engine.dispose()


@contextlib.contextmanager
def _opened(database: str, base_url: str = "http://127.0.0.1:8000") -> Iterator[Store]:
    store = open_store(database, base_url=base_url)
    try:
        yield store
    finally:
        store.engine.dispose()


@contextlib.contextmanager
def running(database: str, port: int = 0, clock: Callable[[], str] | None = None) -> Iterator[str]:
    """The portal in a thread of this process while the block runs; its address."""
    bound = listen("127.0.0.1", port)
    address = f"http://127.0.0.1:{bound.getsockname()[1]}"
    store = open_store(database, clock, address) if clock else open_store(database, base_url=address)
    config = uvicorn.Config(create_app(store), log_config=None, access_log=False, timeout_graceful_shutdown=3)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, name="portal", daemon=True)
    thread.start()
    done = threading.Event()
    counting = start_counting(store, done)
    try:
        while not server.started:
            if not thread.is_alive():
                raise WrongDatabase("the portal did not start")
            thread.join(0.01)
        yield address
    finally:
        server.should_exit = True
        done.set()
        for each in (thread, *counting):
            each.join(STOP_WITHIN_S)
        bound.close()
        store.engine.dispose()
