"""The log: one JSON object a line, on stderr, with nothing that tells who somebody is.

What the portal says about itself goes out whole: its own records hold routes, states and kinds, never
addresses, names or secrets. Of everybody else's records only the pattern goes out, not what was filled
into it; of an error where it happened and of which type it is, not what it says.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final

LEVELS: Final = ("debug", "info", "warning", "error")
OURS: Final = ("portal", "uvicorn")
_USUAL: Final = frozenset({*logging.makeLogRecord({}).__dict__, "message", "asctime", "color_message", "taskName"})


def of_a_stop(record: logging.LogRecord) -> bool:
    """Whether the library complains of what a stop cuts off, as if it were a bug: the journal has a line for each."""
    cancelled = record.exc_info is not None and record.exc_info[0] is asyncio.CancelledError
    return record.name.startswith("uvicorn") and (cancelled or str(record.msg).startswith("Cancel %s running task"))


class JsonLines(logging.Formatter):
    """Records as JSON objects: `at`, `level`, `event`, and what the record has besides."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "at": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z", "level": record.levelname.lower(),
            "event": _event(record),
        }  # fmt: skip
        line |= {name: value for name, value in record.__dict__.items() if name not in _USUAL}
        if record.exc_info and record.exc_info[0]:
            kind, _, places = record.exc_info
            line |= {"error": kind.__name__, "where": _places(places)}
        return json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=str)


def _event(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] in OURS:
        return record.getMessage().strip()
    return f"{record.name}: {record.msg if record.args else type(record.msg).__name__}"


def _places(places: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(places)[-8:]
    return [f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}" for frame in frames]


def log_to_stderr(level: str) -> None:
    """From now on everything that is logged goes to stderr in this form; others' records from `warning` on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(lambda record: not of_a_stop(record))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
