"""The threads of a server process that count the words of uploads."""

from __future__ import annotations

import logging
import threading
from typing import Final

from sqlalchemy.exc import OperationalError

from reconciler.portal.actions.word_counts import count_next
from reconciler.portal.store.database import failure
from reconciler.portal.store.store import Store

LOG: Final = logging.getLogger("portal")
# Counts at the same time in one process.
MAX_CONCURRENT: Final = 2
POLL_EVERY_S: Final = 0.5
# How long to wait before the next try when the database does not answer.
RETRY_AFTER_S: Final = 15.0


def start_counting(store: Store, stop: threading.Event) -> list[threading.Thread]:
    """Start the counting threads; they end after their current counts once `stop` is set."""
    threads = [
        threading.Thread(
            target=_count, args=(store, stop), name=f"counts-{number}", daemon=True
        )
        for number in range(1, MAX_CONCURRENT + 1)
    ]
    for thread in threads:
        thread.start()
    return threads


def _count(store: Store, stop: threading.Event) -> None:
    while not stop.is_set():
        rest = 0.0
        try:
            if not count_next(store):
                rest = POLL_EVERY_S
        except OperationalError as error:
            LOG.warning("counts", extra=failure(error))
            rest = RETRY_AFTER_S
        stop.wait(rest)
