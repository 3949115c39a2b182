"""One server process: requests, jobs, word counts and mails.

On SIGTERM or SIGINT it stops listening, finishes the current requests and mail, and exits with 0,
all within `STOP_WITHIN_S`.
"""

from __future__ import annotations

import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Final
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp

from reconciler.portal.delivery.smtp import MailServer
from reconciler.portal.delivery.worker import send_mails
from reconciler.portal.rules.hosts import is_private, on_loopback
from reconciler.portal.server.connections import Connection
from reconciler.portal.server.jobs import JOBS
from reconciler.portal.server.word_counting import start_counting
from reconciler.portal.store.database import UNAVAILABLE, failure
from reconciler.portal.store.store import Store
from reconciler.portal.web.request_limits import MAX_CONNECTIONS, MAX_HEAD_BYTES

LOG: Final = logging.getLogger("portal")
STOP_WITHIN_S: Final = 10
# How long current requests and the current mail may take after the signal.
FINISH_WITHIN_S: Final = 7
JOBS_EVERY_S: Final = 60
# How long a computing thread keeps the interpreter; Python's default is 0.005.
SWITCH_AFTER_S: Final = 0.0005


class WrongSettings(Exception):
    """The server cannot start with these settings; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """The listening socket, and the URL that people use."""

    listening: socket.socket
    base_url: str
    proxies: str = "127.0.0.1"
    """The addresses whose `X-Forwarded-For` is trusted."""


def bind_address(host: str, port: int, base_url: str | None, proxies: str) -> ListenAddress:
    """Return the bound socket and the base URL for mails; else a `WrongSettings`."""
    if base_url is not None:
        _check_origin(base_url)
    elif not on_loopback(host):
        raise WrongSettings(
            f"mails cannot link to '{host}'; pass --base-url with the URL that people use"
        )
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = listen(host, port, family)
    except OSError as error:
        raise WrongSettings(f"cannot listen on {host}:{port}: {error.strerror}") from None
    host_text = f"[{host}]" if ":" in host else host
    own = f"http://{host_text}:{listening.getsockname()[1]}"
    return ListenAddress(listening, (base_url or own).rstrip("/"), proxies)


def listen(
    host: str, port: int, family: socket.AddressFamily = socket.AF_INET
) -> socket.socket:
    """Return a listening socket whose connections send without delay (TCP_NODELAY).

    An answer is sent in two pieces, head and body; with a delay the second would wait 40 ms for an
    acknowledgement. asyncio sets the option only for sockets that it created itself.
    """
    listening = socket.create_server((host, port), family=family, backlog=2048)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _check_origin(url: str) -> None:
    """Require https and only scheme, host and port: links with secrets start with this URL."""
    parts = urlsplit(url)
    if not is_private(url):
        raise WrongSettings(
            f"--base-url '{url}' is not https; links in mails contain secrets"
        )
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise WrongSettings(f"--base-url '{url}' must be only scheme, host and port")


def run_server(
    app: ASGIApp,
    store: Store,
    place: ListenAddress,
    mail_server: MailServer | None,
    connections: int = MAX_CONNECTIONS,
) -> None:
    """Serve the application until a signal, with at most `connections` connections."""
    config = uvicorn.Config(
        app,
        http=Connection,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=FINISH_WITHIN_S,
        timeout_keep_alive=75,
        ws="none",
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        limit_concurrency=connections,
        proxy_headers=True,
        forwarded_allow_ips=place.proxies,
    )
    sys.setswitchinterval(SWITCH_AFTER_S)
    server = _Server(config)
    # uvicorn raises the caught signals again at its end; these handlers keep the process from
    # dying by them
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.handle_exit)
    workers = _start_workers(store, mail_server, server.ending)
    LOG.info(
        "serving", extra={"address": _address(place.listening), "base_url": store.base_url}
    )
    server.run(sockets=[place.listening])
    server.ending.set()
    for worker in workers:
        worker.join(
            max(
                0,
                (server.asked_at or time.monotonic()) + FINISH_WITHIN_S - time.monotonic(),
            )
        )
    LOG.info("stopped")


class _Server(uvicorn.Server):
    """uvicorn's server, which reports the stop at once, so that mails finish beside requests."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ending = threading.Event()
        self.asked_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Accept no new connections, and start no new mail."""
        self.asked_at = self.asked_at or time.monotonic()
        self.ending.set()
        super().handle_exit(sig, frame)


def _address(listening: socket.socket) -> str:
    host, port, *_ = listening.getsockname()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _start_workers(
    store: Store, mail_server: MailServer | None, stop: threading.Event
) -> list[threading.Thread]:
    tasks: list[tuple[str, Callable[[], None]]] = [("jobs", lambda: run_jobs(store, stop))]
    if mail_server is not None:
        tasks.append(("mails", lambda: send_mails(store, mail_server, stop)))
    workers = [
        threading.Thread(target=task, name=name, daemon=True) for name, task in tasks
    ]
    for worker in workers:
        worker.start()
    return [*workers, *start_counting(store, stop)]


def run_jobs(store: Store, stop: threading.Event) -> None:
    """Run the jobs again and again; with several processes, each thing still happens once."""
    while not stop.is_set():
        for job in JOBS:
            try:
                job(store)
            except UNAVAILABLE as error:
                LOG.warning("job", extra={"job": job.__name__, **failure(error)})
        stop.wait(JOBS_EVERY_S)
