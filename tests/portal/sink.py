"""A mail server of our own on loopback: takes mails, or says no in every way a mail server can."""

from __future__ import annotations

import contextlib
import email
import email.policy
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any


@dataclass
class Taken:
    """One mail as it came over the wire."""

    recipients: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class Sink:
    """How the server behaves, and what it took."""

    answers: dict[str, str] = field(default_factory=dict)
    """What it says to a verb (`EHLO MAIL RCPT DATA`, `.` for the end of a mail) instead of yes."""
    offers: tuple[str, ...] = ("8BITMIME", "SMTPUTF8")
    silent: threading.Event = field(default_factory=threading.Event)
    """While set, it says nothing at all."""
    on_taken: Callable[[Taken], None] = lambda _: None
    taken: list[Taken] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


class _Session(socketserver.StreamRequestHandler):
    timeout = 30

    def handle(self) -> None:
        self.sink: Sink = self.server.sink  # type: ignore[attr-defined]
        self.recipients: list[str] = []
        with contextlib.suppress(OSError):
            self._say("220 sink.example")
            while line := self.rfile.readline():
                verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
                if not self._one(verb.upper(), rest):
                    return

    def _one(self, verb: str, rest: str) -> bool:
        if (answer := self.sink.answers.get(verb)) is not None:
            self._say(answer)
            return not answer.startswith("421")
        if verb == "EHLO":
            for offer in self.sink.offers:
                self._say(f"250-{offer}")
        if verb == "MAIL":
            self.recipients = []
        if verb == "RCPT":
            self.recipients.append(rest.partition(":<")[2].partition(">")[0])
        if verb == "DATA":
            self._data()
            return True
        self._say("221 bye" if verb == "QUIT" else "250 yes")
        return verb != "QUIT"

    def _data(self) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b"."))
        taken = Taken(self.recipients, b"".join(lines))
        answer = self.sink.answers.get(".")
        if answer is None:
            self.sink.taken.append(taken)
            self.sink.on_taken(taken)
        self._say(answer or "250 taken")

    def _say(self, line: str) -> None:
        if self.sink.silent.is_set():
            return
        self.wfile.write(line.encode() + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was killed is no news here."""


@contextlib.contextmanager
def mail_sink(**how: Any) -> Iterator[Sink]:
    """A running sink."""
    sink = Sink(**how)
    with _Server(("127.0.0.1", 0), _Session) as server:
        sink.port = server.server_address[1]
        server.sink = sink  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield sink
        finally:
            server.shutdown()
            thread.join(5)
