"""A mail server of our own on loopback: takes mails, or says no in every way a mail server can."""

from __future__ import annotations

import base64
import contextlib
import email
import email.policy
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any


@dataclass
class Taken:
    """One mail as it came over the wire; `as_user` is who had logged in."""

    recipients: list[str]
    raw: bytes
    protected: bool = False
    as_user: str | None = None

    @property
    def message(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class Sink:
    """How the server behaves, what it heard, and what it took."""

    answers: dict[str, str] = field(default_factory=dict)
    """What it says to a verb (`EHLO MAIL RCPT DATA`, `.` for the end of a mail) instead of yes."""
    offers: tuple[str, ...] = ("8BITMIME", "SMTPUTF8")
    protected_offers: tuple[str, ...] | None = None
    """What it offers once the line is protected; None: the same."""
    tls: ssl.SSLContext | None = None
    """With which certificate it answers STARTTLS."""
    from_the_start: bool = False
    """Speak TLS before anything else."""
    users: dict[str, str] = field(default_factory=dict)
    """Who may log in; where somebody may, nobody else sends."""
    silent: threading.Event = field(default_factory=threading.Event)
    """While set, it says nothing at all."""
    on_taken: Callable[[Taken], None] = lambda _: None
    taken: list[Taken] = field(default_factory=list)
    in_clear: list[str] = field(default_factory=list)
    """Every line that it heard unprotected."""
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def named(self, user: str | None = None, host: str = "localhost") -> str:
        """Its address by name, as a certificate has it."""
        scheme = "smtps" if self.from_the_start else "smtp"
        return f"{scheme}://{f'{user}@' if user else ''}{host}:{self.port}"


class _Session(socketserver.StreamRequestHandler):
    timeout = 30

    def handle(self) -> None:
        self.sink: Sink = self.server.sink  # type: ignore[attr-defined]
        self.recipients: list[str] = []
        self.protected = False
        self.user: str | None = None
        with contextlib.suppress(OSError):
            if self.sink.from_the_start:
                self._protect()
            self._say("220 sink.example")
            while line := self._heard():
                verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
                if not self._one(verb.upper(), rest):
                    return

    def _protect(self) -> None:
        assert self.sink.tls is not None
        self.request = self.connection = self.sink.tls.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.protected = True

    def _heard(self) -> bytes:
        line = self.rfile.readline()
        if not self.protected and line:
            self.sink.in_clear.append(line.decode("utf-8", "replace").strip())
        return line

    def _one(self, verb: str, rest: str) -> bool:
        if (answer := self.sink.answers.get(verb)) is not None:
            self._say(answer)
            return not answer.startswith("421")
        if verb == "EHLO":
            self._say("250-sink.example")  # the first line is the server's name, and no offer
            later = self.sink.protected_offers if self.protected else None
            for offer in self.sink.offers if later is None else later:
                self._say(f"250-{offer}")
        if verb == "STARTTLS" and self.sink.tls is not None:
            self._say("220 go on")
            self._protect()
            return True
        if verb == "AUTH":
            self._say("235 known" if self._logs_in(rest) else "535 5.7.8 nobody of this name and password")
            return True
        return self._mail(verb, rest)

    def _logs_in(self, rest: str) -> bool:
        way, _, first = rest.partition(" ")
        if way == "PLAIN":
            _, name, password = base64.b64decode(first).decode().split("\0")
        else:
            name = base64.b64decode(first).decode() if first else self._answer_to("Username:")
            password = self._answer_to("Password:")
        if self.sink.users.get(name) != password:
            return False
        self.user = name
        return True

    def _answer_to(self, question: str) -> str:
        self._say(f"334 {base64.b64encode(question.encode()).decode()}")
        return base64.b64decode(self._heard()).decode()

    def _mail(self, verb: str, rest: str) -> bool:
        if verb == "MAIL" and self.sink.users and self.user is None:
            self._say("530 5.7.0 log in first")
            return True
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
        while (line := self._heard()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b"."))
        taken = Taken(self.recipients, b"".join(lines), self.protected, self.user)
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
