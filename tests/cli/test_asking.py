"""`reconciler apply` on a terminal: it shows, asks, and takes no, Ctrl-C and Ctrl-D for an answer."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time

import pytest

from tests.cli.conftest import Portal, Program
from tests.cli.test_runs import _newest

QUESTION = "Apply this plan? [y/N]: "


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, program: Program, *arguments: str) -> None:
        self.pid, self.screen = pty.fork()
        if self.pid == 0:
            os.chdir(program.root)
            env = {"PATH": os.environ["PATH"], "HOME": str(program.root), "NO_COLOR": "1", **program.environment}
            os.execve(sys.executable, [sys.executable, "-m", "reconciler", *arguments], env)
        self.said = ""
        self.over = False

    def read_until(self, text: str | None, seconds: float = 60) -> None:
        """Wait until the program said the text, or has ended."""
        end = time.monotonic() + seconds
        while not self.over and time.monotonic() < end and (text is None or text not in self.said):
            if select.select([self.screen], [], [], 0.2)[0]:
                part = self._read()
                self.over = not part
                self.said += part.decode("utf-8", "replace").replace("\r\n", "\n")

    def _read(self) -> bytes:
        try:
            return os.read(self.screen, 65536)
        except OSError:  # the other end of the terminal is closed
            return b""

    def answer(self, answer: bytes | signal.Signals) -> None:
        """Say it until it is heard: a signal just before the program begins to read is lost in the interpreter.

        A line waits in the terminal until it is read; said again, it would be echoed after the last line.
        """
        if isinstance(answer, bytes) and answer.endswith(b"\n"):
            os.write(self.screen, answer)
            return
        for _ in range(20):
            if isinstance(answer, bytes):
                os.write(self.screen, answer)
            else:
                os.kill(self.pid, answer)
            self.read_until(None, 1)
            if self.over:
                return

    def ended_with(self) -> int:
        """The exit code; a program that does not end is ended."""
        self.read_until(None, 60)
        if not self.over:
            os.kill(self.pid, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.screen)
        return code


@pytest.mark.parametrize(
    ("answer", "code", "last"),
    [
        (b"n\n", 4, "Nothing was changed."),
        (b"\x03", 130, "nothing was changed"),
        (b"\x04", 130, "nothing was changed"),
        (signal.SIGTERM, 143, "nothing was changed"),
    ],
    ids=["no", "ctrl-c", "ctrl-d", "sigterm"],
)
def test_whoever_does_not_say_yes_changes_nothing(
    connected: Program, portal: Portal, answer: bytes | signal.Signals, code: int, last: str
) -> None:
    before = _newest(portal)
    terminal = Terminal(connected, "apply")
    terminal.read_until(QUESTION)
    terminal.answer(answer)
    assert terminal.ended_with() == code, terminal.said
    assert last in terminal.said.splitlines()[-1]
    assert terminal.said.count("Plan for portal ") == 1
    assert _newest(portal) == before


def test_whoever_says_yes_has_it_done(connected: Program) -> None:
    terminal = Terminal(connected, "apply", "--customer", "moulin-vasseur")
    terminal.read_until(QUESTION)
    terminal.answer(b"y\n")
    assert terminal.ended_with() == 0, terminal.said
    assert terminal.said.splitlines()[-1] == "Changed: 5 changes in 1 transaction."
