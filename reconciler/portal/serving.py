"""Starting the portal: from settings as plain types to a server, in this process or in a thread."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import uvicorn

from reconciler.portal.app import create_app
from reconciler.portal.delivery.smtp import MailServer, mail_server
from reconciler.portal.rules.throttle import Limits
from reconciler.portal.server.logs import log_to_stderr
from reconciler.portal.server.process import (
    STOP_WITHIN_S,
    WrongSettings,
    bind_address,
    listen,
    run_server,
)
from reconciler.portal.server.word_counting import start_counting
from reconciler.portal.sign_on.protocol import SignOn
from reconciler.portal.sign_on.settings import settings_of
from reconciler.portal.store.clock import system_clock
from reconciler.portal.store.database import WrongDatabase, folder_beside
from reconciler.portal.store.store import open_store
from reconciler.portal.web.request_limits import MAX_CONNECTIONS


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
    connections: int = MAX_CONNECTIONS,
    limits: Mapping[str, int] | None = None,
) -> None:
    """Serve the portal until a signal; current requests and the current mail are finished first.

    `oidc`: `issuer`, `client_id`, `secret`, `name`, `domains` of an identity provider. `limits`:
    other numbers for some of `commands.LIMITS`.
    """
    # all settings are checked before the log begins and the database is migrated: their errors are
    # for the person at the terminal
    files = folder_of_files(database, files)
    server = _mail_server(smtp, mail_from, smtp_password)
    sign_on = _sign_on(oidc) if oidc else None
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


def folder_of_files(database: str, files: Path | None) -> Path:
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


@contextlib.contextmanager
def running(
    database: str, port: int = 0, clock: Callable[[], str] | None = None
) -> Iterator[str]:
    """Run the portal in a thread while the block runs; yields its URL."""
    bound = listen("127.0.0.1", port)
    # the socket listens already, so a caller that is early waits instead of being refused
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
