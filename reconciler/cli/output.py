"""The only place that prints: results to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

from reconciler.model.errors import ResultLost
from reconciler.reports.formatting import told
from reconciler.reports.style import COLOR, PLAIN, Style

if TYPE_CHECKING:
    from reconciler.model.errors import ReconcilerError


class Display(Protocol):
    """How the caller wants output to look: the part of the settings that this module reads."""

    @property
    def quiet(self) -> bool: ...
    @property
    def log_format(self) -> str: ...
    def colored(self, stream: TextIO | None = None) -> bool: ...


def use_utf8() -> None:
    """The same bytes whatever the locale says: UTF-8, and an escape for what no encoding has.

    A stream that was closed before we began is nowhere.
    """
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


class ReaderGone(BaseException):
    """Whoever read our stdout has closed it: nothing is wrong, and nothing more is worth saying."""


def show(text: str) -> None:
    """A result, as it is."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGone from None
    except OSError as error:
        to_nowhere()
        message = f"the result cannot be written to stdout: {error.strerror}"
        raise ResultLost(message, "make room; reconciler plan tells again what is left") from None


def to_nowhere() -> None:
    """Nobody takes our stdout any more: what its buffer still holds goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(display: Display, message: str) -> None:
    """A remark, unless the caller wants quiet."""
    if not display.quiet:
        _line(display, "note", message, None)


def warn(display: Display, message: str, hint: str | None = None) -> None:
    """Something that the caller should know."""
    _line(display, "warning", message, hint)


def list_commands(text: str) -> None:
    """Help for whoever named no command: not what was asked for, so to stderr."""
    sys.stderr.write(text + "\n")


def complain(display: Display, error: ReconcilerError) -> None:
    """A failure and what to do about it."""
    _line(display, "error", error.message, error.hint)


def style_of(display: Display, stream: TextIO | None = None) -> Style:
    """How to paint what goes to the stream."""
    return COLOR if display.colored(stream) else PLAIN


def _line(display: Display, level: str, message: str, hint: str | None) -> None:
    if display.log_format == "json":
        line = json.dumps({"level": level, "message": message, "hint": hint}, ensure_ascii=False)
        sys.stderr.write(line + "\n")
    else:
        lead = "" if level == "note" else f"{level}: "
        sys.stderr.write(f"{lead}{told(message)}\n" + (f"  hint: {told(hint)}\n" if hint else ""))
    sys.stderr.flush()
