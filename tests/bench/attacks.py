"""How long a healthy client waits while somebody attacks, as ratios of its 99th percentile within this one run.

A real server on SQLite; the attackers are a process of their own, so that they share the machine with the server but
not the client's interpreter. An attack may make a healthy client's 99th percentile at most `LIMIT` times what it was
just before; else the bench fails. Run with `make bench`, or for less time with
`python -m tests.bench.attacks --seconds 5`.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx

from reconciler.portal import commands
from reconciler.portal.web.body_budget import BATCH_LIMIT
from tests.portal.servers import connected, serving

LIMIT = 3.0
REQUESTS_A_SECOND = 500
ATTACKER = "203.0.113.9"
"""Where every attack comes from: a single client, and not the healthy one."""
PAUSE_S = 0.02
"""Between two requests of the healthy client: some 50 a second at most."""
LEAST = 50
"""Samples without which a 99th percentile says nothing."""


@dataclass(frozen=True)
class Target:
    """The server under attack and the tokens of the attackers."""

    url: str
    apply: str
    read: str


Attack = Callable[[Target, float], None]


def head(path: str, token: str | None, length: int) -> bytes:
    by = f"Authorization: Bearer {token}\r\n" if token else ""
    return (
        f"POST {path} HTTP/1.1\r\nHost: portal\r\nX-Forwarded-For: {ATTACKER}\r\n{by}Content-Type: application/json\r\n"
        f"Idempotency-Key: attack-{time.monotonic_ns()}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def sent(target: Target, token: str | None, body: bytes) -> None:
    """A batch, until something is answered; whatever the server does with the connection is well."""
    with contextlib.suppress(OSError), connected(target.url) as connection:
        connection.sendall(head("/api/v1/batches", token, len(body)) + body)
        connection.recv(65536)


def again_and_again(seconds: float, act: Callable[[], None]) -> None:
    """The same from four callers at once until the time is over."""
    until = time.monotonic() + seconds

    def repeat(_: int) -> None:
        while time.monotonic() < until:
            act()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(repeat, range(4)))


def big_body_without_a_token(target: Target, seconds: float) -> None:
    """16 MiB of `[{},{},…]` from nobody."""
    body = b"[" + b"{}," * (BATCH_LIMIT // 3 - 1) + b"1]"
    again_and_again(seconds, lambda: sent(target, None, body))


def wide_json(target: Target, seconds: float) -> None:
    """16 MiB of `[{},{},…]` from a token that may send batches."""
    body = b"[" + b"{}," * (BATCH_LIMIT // 3 - 1) + b"1]"
    again_and_again(seconds, lambda: sent(target, target.apply, body))


def wide_json_within_the_limit(target: Target, seconds: float) -> None:
    """As many values as a batch may have."""
    body = b"[" + b"{}," * 240_000 + b"1]"
    again_and_again(seconds, lambda: sent(target, target.apply, body))


def deep_json(target: Target, seconds: float) -> None:
    """Brackets within brackets."""
    body = b"[" * 400_000
    again_and_again(seconds, lambda: sent(target, target.apply, body))


def held_back_bodies(target: Target, seconds: float) -> None:
    """25 batches of 16 MiB whose last byte does not come."""
    until = time.monotonic() + seconds
    body = b" " * (BATCH_LIMIT - 1)

    def hold(_: int) -> None:
        while time.monotonic() < until:
            with contextlib.suppress(OSError), connected(target.url) as connection:
                connection.sendall(head("/api/v1/batches", target.apply, BATCH_LIMIT) + body)
                connection.settimeout(max(until - time.monotonic(), 0.1))
                connection.recv(65536)
            time.sleep(0.5)

    with ThreadPoolExecutor(25) as pool:
        list(pool.map(hold, range(25)))


def cancelled_snapshots(target: Target, seconds: float) -> None:
    """42 snapshots, each broken off after its first bytes, over the whole time."""
    for _ in range(42):
        began = time.monotonic()
        with contextlib.suppress(OSError), connected(target.url) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            connection.sendall(
                f"GET /api/v1/snapshot HTTP/1.1\r\nHost: portal\r\nX-Forwarded-For: {ATTACKER}\r\n"
                f"Authorization: Bearer {target.read}\r\n\r\n".encode()
            )
            connection.recv(1000)
        time.sleep(max(seconds / 42 - (time.monotonic() - began), 0))


def many_requests(target: Target, seconds: float) -> None:
    """500 requests a second of one host, without a token."""
    until, number = time.monotonic() + seconds, 20
    every_s = number / REQUESTS_A_SECOND

    def ask(place: int) -> None:
        with httpx.Client(base_url=target.url, timeout=20) as client:
            due = time.monotonic() + place * every_s / number
            while (now := time.monotonic()) < until:
                time.sleep(max(due - now, 0))
                due = max(due + every_s, now)
                with contextlib.suppress(httpx.HTTPError):
                    client.get("/api/v1/meta", headers={"X-Forwarded-For": ATTACKER})

    with ThreadPoolExecutor(number) as pool:
        list(pool.map(ask, range(number)))


ATTACKS: tuple[Attack, ...] = (
    big_body_without_a_token, held_back_bodies, cancelled_snapshots, deep_json, wide_json, wide_json_within_the_limit,
    many_requests,
)  # fmt: skip


class Healthy:
    """A client that reads and writes what people do, one request after the other."""

    def __init__(self, target: Target, token: str) -> None:
        self.client = httpx.Client(
            base_url=f"{target.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60
        )
        self.failures = 0

    def p99(self, over: threading.Event | None, seconds: float) -> float:
        """The 99th percentile of its waiting, in seconds, until the event or for so long."""
        took: list[float] = []
        until = time.monotonic() + seconds
        while (not over.is_set() if over else time.monotonic() < until) or len(took) < LEAST:
            began = time.monotonic()
            answer = self.client.get("/customers", params={"limit": 20})
            took.append(time.monotonic() - began)
            self.failures += answer.status_code != 200
            time.sleep(PAUSE_S)
        return sorted(took)[int(len(took) * 0.99)]


@contextlib.contextmanager
def attacking(attack: Attack, target: Target, seconds: float) -> Iterator[threading.Event]:
    """An event that is set when the attack, in a process of its own, is over."""
    process = multiprocessing.get_context("spawn").Process(target=attack, args=(target, seconds), daemon=True)
    over = threading.Event()
    process.start()

    def watch() -> None:
        process.join(seconds + 60)
        over.set()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield over
    finally:
        process.terminate()
        process.join(10)
        watcher.join(10)


def main() -> None:
    """Print a line an attack; exit with 1 when the healthy client waited too long for one."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=60.0, help="how long the 500 requests a second last")
    options.add_argument("--only", help="the name of one attack")
    chosen = options.parse_args()
    slow = []
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        database = f"sqlite:///{Path(folder) / 'portal.sqlite'}"
        commands.seed_many(database, 500, 10)
        tokens = [commands.create_token(database, scope, scope) for scope in ("apply", "read", "admin")]
        with serving(database) as server:
            target = Target(server.url, *tokens[:2])
            healthy = Healthy(target, tokens[2])
            healthy.p99(None, 2)
            for attack in ATTACKS:
                if chosen.only in {None, attack.__name__}:
                    seconds = chosen.seconds if attack is many_requests else min(chosen.seconds, 15)
                    before = healthy.p99(None, min(seconds, 10))
                    with attacking(attack, target, seconds) as over:
                        during = healthy.p99(over, seconds)
                    ratio = during / before
                    sys.stdout.write(
                        f"{attack.__name__.replace('_', ' '):>28}: the 99th percentile is {ratio:.1f} times what it was"
                        f" ({before * 1000:.0f} ms, {during * 1000:.0f} ms), the limit is {LIMIT:.0f}\n"
                    )
                    sys.stdout.flush()
                    slow += [attack.__name__] if ratio > LIMIT else []
            server.stop()
        if healthy.failures:
            sys.exit(f"the healthy client was refused {healthy.failures} times")
    if slow:
        sys.exit(f"a healthy client waits too long during: {', '.join(slow)}")


if __name__ == "__main__":
    main()
