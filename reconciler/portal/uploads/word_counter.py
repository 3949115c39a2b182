"""Counts the words of a file in a separate process.

A file may be crafted to keep its reader busy. Therefore the kernel ends the process after `CPU_S`
seconds of processor time and limits its memory to `MEMORY` bytes; neither the process nor its end
delays a request.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.portal.uploads.words import NotCountable, Reason, count_words, kind_of

CPU_S: Final = 2.0
# If the machine is so busy that `CPU_S` take longer than this, the file is counted again later.
WALL_S: Final = 60.0
MEMORY: Final = 1024 * 1024 * 1024
_PROGRAM: Final = (
    f"import sys; sys.path.append(sys.argv[1]); from {__name__} import answer; "
    f"answer(*sys.argv[2:])"
)
# The folder that contains the package; the standard library comes before it.
_ROOT: Final = str(Path(__file__).parents[3])


@dataclass(frozen=True, slots=True)
class Count:
    """The weighted words of a file, or why a person has to count them."""

    words: int | None
    uncounted: Reason | None


TOO_COMPLEX: Final = Count(None, "too-complex")


def count_in_process(name: str, path: Path) -> Count | None:
    """Return the count of the file, whose kind follows from its name; None on failure."""
    kind = kind_of(name)
    if kind is None:
        return Count(None, "other-kind")
    try:
        content = path.open("rb")
    except OSError:
        return Count(None, "no-bytes")
    command = [sys.executable, "-I", "-S", "-c", _PROGRAM, _ROOT, kind, str(CPU_S)]
    libraries = {
        name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ
    }
    with content:
        try:
            # it reads untrusted files: no secrets of the environment, no signals of the terminal
            process = subprocess.run(  # noqa: S603  this program, and a known ending
                command,
                check=False,
                stdin=content,
                stdout=subprocess.PIPE,
                env=libraries,
                timeout=WALL_S,
                start_new_session=True,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    if process.returncode == -signal.SIGPROF:
        return TOO_COMPLEX
    try:
        return Count(*json.loads(process.stdout)) if process.returncode == 0 else None
    except (ValueError, TypeError):
        # the program was updated on disk, and this process was not restarted
        return None


def answer(kind: str, cpu_s: str) -> None:
    """Write the count of the file on stdin to stdout; the entry point of the process."""
    count = _count_here(kind, float(cpu_s))
    os.write(1, json.dumps([count.words, count.uncounted]).encode())


def _count_here(kind: str, cpu_s: float) -> Count:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    try:
        count = count_words(f"file.{kind}", sys.stdin.buffer)
    except NotCountable as error:
        return Count(None, error.reason)
    except MemoryError:
        return TOO_COMPLEX
    return Count(count.weighted if count else None, None if count else "other-kind")
