"""The threads of a server process in which the words of uploads are counted, beside the requests."""

from __future__ import annotations

import logging
import threading
from typing import Final

from sqlalchemy.exc import OperationalError

from reconciler.portal.actions.word_counts import count_next
from reconciler.portal.store.database import failure
from reconciler.portal.store.store import Store

LOG: Final = logging.getLogger("portal")
AT_ONCE: Final = 2
"""Counts at the same time in one process."""
LOOK_EVERY_S: Final = 0.5
REST_S: Final = 15.0
"""How long to wait before the next try when the database does not answer."""


def start_counting(store: Store, done: threading.Event) -> list[threading.Thread]:
    """Start the threads that count; they end when `done` is set, after the counts under way."""
    threads = [
        threading.Thread(target=_count, args=(store, done), name=f"counts-{number}", daemon=True)
        for number in range(1, AT_ONCE + 1)
    ]
    for thread in threads:
        thread.start()
    return threads


def _count(store: Store, done: threading.Event) -> None:
    while not done.is_set():
        rest = 0.0
        try:
            if not count_next(store):
                rest = LOOK_EVERY_S
        except OperationalError as error:
            LOG.warning("counts", extra=failure(error))
            rest = REST_S
        done.wait(rest)
