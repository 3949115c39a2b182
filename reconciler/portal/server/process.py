"""One server process from its socket to its end: requests, jobs by the clock, counts, mails on their way.

On SIGTERM or SIGINT it stops listening, finishes the requests and the mail that are under way, and
ends with 0, all within `STOP_WITHIN_S`.
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

from reconciler.portal.delivery.carrier import carry_mails
from reconciler.portal.delivery.smtp import MailServer
from reconciler.portal.rules.hosts import is_private, on_loopback
from reconciler.portal.server.connections import Connection
from reconciler.portal.server.jobs import JOBS
from reconciler.portal.server.word_counting import start_counting
from reconciler.portal.store.database import UNAVAILABLE, failure
from reconciler.portal.store.store import Store
from reconciler.portal.web.request_limits import CONNECTIONS, LARGEST_HEAD

LOG: Final = logging.getLogger("portal")
STOP_WITHIN_S: Final = 10
FINISH_WITHIN_S: Final = 7
"""So long, from the signal on, may what is under way take: requests and the mail beside each other."""
JOBS_EVERY_S: Final = 60
SWITCH_AFTER_S: Final = 0.001
"""So long does a thread that computes keep the interpreter while the event loop waits for it; Python's own is 0.005."""


class WrongSettings(Exception):
    """The server cannot be started like this; the message says what would be right."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens, and how people reach it."""

    listening: socket.socket
    base_url: str
    proxies: str = "127.0.0.1"
    """The addresses whose `X-Forwarded-For` is believed."""


def place_of(host: str, port: int, base_url: str | None, proxies: str) -> Place:
    """The socket, bound, and the address that stands in mails; a `WrongSettings` when they do not fit."""
    if base_url is not None:
        _must_be_an_origin(base_url)
    elif not on_loopback(host):
        raise WrongSettings(f"'{host}' is no address that stands in a mail: say with --base-url how people reach it")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = listen(host, port, family)
    except OSError as error:
        raise WrongSettings(f"cannot listen on {host}:{port}: {error.strerror}") from None
    shown = f"[{host}]" if ":" in host else host
    own = f"http://{shown}:{listening.getsockname()[1]}"
    return Place(listening, (base_url or own).rstrip("/"), proxies)


def listen(host: str, port: int, family: socket.AddressFamily = socket.AF_INET) -> socket.socket:
    """A listening socket whose connections send at once.

    An answer leaves in two pieces, head and body; without this the second waits 40 ms until the caller has
    confirmed the first. The event loop sees to that only for sockets that it made itself.
    """
    listening = socket.create_server((host, port), family=family, backlog=2048)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _must_be_an_origin(url: str) -> None:
    """Links with secrets lead there: https, and nothing but scheme, host and port."""
    parts = urlsplit(url)
    if not is_private(url):
        raise WrongSettings(f"--base-url '{url}' is not https: mails would send secrets over the open network")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise WrongSettings(f"--base-url '{url}' is more than scheme, host and port")


def run_server(
    app: ASGIApp, store: Store, place: Place, mail_server: MailServer | None, connections: int = CONNECTIONS
) -> None:
    """Serve the application on its store until a signal, at most so many connections at once."""
    config = uvicorn.Config(
        app, http=Connection, log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=FINISH_WITHIN_S, timeout_keep_alive=75, ws="none",
        h11_max_incomplete_event_size=LARGEST_HEAD, limit_concurrency=connections, proxy_headers=True, forwarded_allow_ips=place.proxies,
    )  # fmt: skip
    sys.setswitchinterval(SWITCH_AFTER_S)
    server = _Server(config)
    # the library raises the signals that it caught once more when it is done; they find this, and not an end by signal
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.handle_exit)
    workers = _workers(store, mail_server, server.ending)
    LOG.info("serving", extra={"address": _address(place.listening), "base_url": store.base_url})
    server.run(sockets=[place.listening])
    server.ending.set()
    for worker in workers:
        worker.join(max(0, (server.asked_at or time.monotonic()) + FINISH_WITHIN_S - time.monotonic()))
    LOG.info("stopped")


class _Server(uvicorn.Server):
    """The library's server, which tells at once that it is asked to end: mails are finished beside the requests."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ending = threading.Event()
        self.asked_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take no new connections, and begin no other mail."""
        self.asked_at = self.asked_at or time.monotonic()
        self.ending.set()
        super().handle_exit(sig, frame)


def _address(listening: socket.socket) -> str:
    host, port, *_ = listening.getsockname()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _workers(store: Store, mail_server: MailServer | None, done: threading.Event) -> list[threading.Thread]:
    tasks: list[tuple[str, Callable[[], None]]] = [("jobs", lambda: follow_the_clock(store, done))]
    if mail_server is not None:
        tasks.append(("mails", lambda: carry_mails(store, mail_server, done)))
    workers = [threading.Thread(target=task, name=name, daemon=True) for name, task in tasks]
    for worker in workers:
        worker.start()
    return [*workers, *start_counting(store, done)]


def follow_the_clock(store: Store, done: threading.Event) -> None:
    """Do what time does, again and again; several processes doing it do each thing once."""
    while not done.is_set():
        for job in JOBS:
            try:
                job(store)
            except UNAVAILABLE as error:
                LOG.warning("job", extra={"job": job.__name__, **failure(error)})
        done.wait(JOBS_EVERY_S)
