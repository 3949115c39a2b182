"""The log: one JSON object per line on stderr, with no personal data.

The portal's own records are logged in full: they contain routes, states and kinds, never addresses,
names or secrets. Of other loggers' records only the pattern is logged, without its arguments; of an
error, its place and type, not its message.
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
OWN_LOGGERS: Final = ("portal", "uvicorn")
_STANDARD_FIELDS: Final = frozenset(
    {*logging.makeLogRecord({}).__dict__, "message", "asctime", "color_message", "taskName"}
)


def is_from_stop(record: logging.LogRecord) -> bool:
    """Return whether uvicorn reports a request cut off by a stop, which the access log has."""
    cancelled = record.exc_info is not None and record.exc_info[0] is asyncio.CancelledError
    return record.name.startswith("uvicorn") and (
        cancelled or str(record.msg).startswith("Cancel %s running task")
    )


class JsonLines(logging.Formatter):
    """Records as JSON objects: `at`, `level`, `event`, and the record's extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "at": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z",
            "level": record.levelname.lower(),
            "event": _event(record),
        }
        line |= {
            name: value
            for name, value in record.__dict__.items()
            if name not in _STANDARD_FIELDS
        }
        if record.exc_info and record.exc_info[0]:
            kind, _, places = record.exc_info
            line |= {"error": kind.__name__, "where": _places(places)}
        return json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=str)


def _event(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] in OWN_LOGGERS:
        return record.getMessage().strip()
    return f"{record.name}: {record.msg if record.args else type(record.msg).__name__}"


def _places(places: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(places)[-8:]
    return [
        f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}"
        for frame in frames
    ]


def log_to_stderr(level: str) -> None:
    """Send all log records to stderr in this format; other loggers' records from `warning` on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(lambda record: not is_from_stop(record))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.WARNING)
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(level.upper())
