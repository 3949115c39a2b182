"""The only module that prints: results to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

from reconciler.model.errors import ResultLost
from reconciler.reports.formatting import escape
from reconciler.reports.style import COLOR, PLAIN, Style

if TYPE_CHECKING:
    from reconciler.model.errors import ReconcilerError


class Display(Protocol):
    """The display options of the caller: the part of the settings that this module reads."""

    @property
    def quiet(self) -> bool: ...
    @property
    def log_format(self) -> str: ...
    def colored(self, stream: TextIO | None = None) -> bool: ...


def use_utf8() -> None:
    """Use UTF-8 whatever the locale is, with escapes for characters that cannot be encoded.

    A stream that was closed before the start is replaced by the null device.
    """
    sys.stdout = sys.stdout or _null_stream()
    sys.stderr = sys.stderr or _null_stream()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _null_stream() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


# Not an Exception, so that no handler of errors on the way can take it for one.
class ReaderGone(BaseException):
    """The reader of stdout closed it; this is not an error, and no more output is needed."""


def show(text: str) -> None:
    """Print a result unchanged."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGone from None
    except OSError as error:
        discard_stdout()
        message = f"the result cannot be written to stdout: {error.strerror}"
        raise ResultLost(message, "free disk space, then run `reconciler plan`") from None


def discard_stdout() -> None:
    """Discard what stdout's buffer still holds: its reader is gone."""
    # Python flushes stdout once more at its end, and would report the closed pipe there.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(display: Display, message: str) -> None:
    """Print a remark, unless the caller wants quiet."""
    if not display.quiet:
        _line(display, "note", message, None)


def warn(display: Display, message: str, hint: str | None = None) -> None:
    """Print a warning."""
    _line(display, "warning", message, hint)


def show_aside(text: str) -> None:
    """Print a text to stderr: stdout holds a result in another format, or no result."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def complain(display: Display, error: ReconcilerError) -> None:
    """Print an error and what to do about it."""
    _line(display, "error", error.message, error.hint)


def style_of(display: Display, stream: TextIO | None = None) -> Style:
    """Return the style for the stream."""
    return COLOR if display.colored(stream) else PLAIN


def _line(display: Display, level: str, message: str, hint: str | None) -> None:
    if display.log_format == "json":
        line = json.dumps(
            {"level": level, "message": message, "hint": hint}, ensure_ascii=False
        )
        sys.stderr.write(line + "\n")
    else:
        lead = "" if level == "note" else f"{level}: "
        sys.stderr.write(
            f"{lead}{escape(message)}\n" + (f"  hint: {escape(hint)}\n" if hint else "")
        )
    sys.stderr.flush()
