"""The one door to a mail server: a connection that hands over one message at a time.

A server that says "not now", says nothing or is not there is `Deferred`; one that says "never" is
`Rejected`. What becomes of the mail then is decided by `actions.outbox`.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from typing import Final, Literal, TypeAlias
from urllib.parse import unquote, urlsplit

from reconciler.portal.delivery.messages import NotSendable, recipient
from reconciler.portal.rules.hosts import on_loopback

ANSWER_WITHIN_S: Final = 20
MAIL_WITHIN_S: Final = 60
"""One mail, all its steps together: a server that answers byte by byte is no better than a silent one."""
Tls: TypeAlias = Literal["none", "starttls", "from the start"]
PORTS: Final = {"smtp": 25, "smtps": 465}


class Deferred(Exception):
    """The mail was not taken now; another time it may be. `at_all`: the server takes nothing now.

    `reason`: what a log may say of it, an answer's code or an error's class, which name nobody.
    """

    def __init__(self, why: str, reason: str, *, at_all: bool = False) -> None:
        super().__init__(why)
        self.reason = reason
        self.at_all = at_all


class Rejected(Exception):
    """The server will never take this mail; `reason` as for `Deferred`."""

    def __init__(self, why: str, reason: str) -> None:
        super().__init__(why)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails go, as whom, and how the way there is protected."""

    host: str
    port: int
    sender: str
    tls: Tls = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    answer_within_s: float = ANSWER_WITHIN_S


def mail_server(url: str, sender: str, password: str | None) -> MailServer:
    """The server that `smtp://[USER@]HOST[:PORT]` or `smtps://…` names; a `ValueError` says what would be right.

    Without TLS nothing leaves the machine: `smtp://` demands STARTTLS unless the server is on loopback.
    """
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"'{_without_secret(url)}' is no mail server: smtp://[USER@]HOST[:PORT] or smtps://… is one")
    if parts.password is not None:
        raise ValueError("a password does not stand in an address: set RECONCILER_PORTAL_SMTP_PASSWORD")
    if (parts.username is None) is not (password is None):
        raise ValueError("a user in the mail server's address and RECONCILER_PORTAL_SMTP_PASSWORD go together")
    try:
        sender = recipient(sender)
        port = parts.port or PORTS[parts.scheme]
    except NotSendable as error:
        raise ValueError(str(error)) from None
    plain: Tls = "none" if on_loopback(parts.hostname) and parts.username is None else "starttls"
    user = unquote(parts.username) if parts.username else None
    _must_be_sayable(parts.hostname, user or "", password or "")
    return MailServer(
        parts.hostname, port, sender, "from the start" if parts.scheme == "smtps" else plain, user, password
    )  # fmt: skip


def _must_be_sayable(host: str, user: str, password: str) -> None:
    """A `ValueError` for what the library could not even say to a mail server, whatever the server is."""
    try:
        host.encode("idna")
    except UnicodeError:
        raise ValueError(f"'{host}' is not the name of a host") from None
    for what, said in (("user", user), ("password", password)):
        if not said.isascii():
            raise ValueError(
                f"the {what} of the mail server has letters beyond ASCII, which not every server understands"
            )


def _without_secret(url: str) -> str:
    return f"{url.partition('://')[0]}://{url.rpartition('@')[2]}"


class Line:
    """An open connection to the mail server."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self._smtp = _connected(server)

    def hand_over(self, message: EmailMessage, to: str) -> None:
        """The server has taken the message for this one recipient; `Deferred` or `Rejected` otherwise."""
        try:
            with _not_longer_than(MAIL_WITHIN_S, self._smtp):
                self._send(message, to)
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            raise _refusal(code, answer) from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Deferred(_said(error), _reason(error), at_all=True) from None

    def _send(self, message: EmailMessage, to: str) -> None:
        # smtplib's own send_message writes `>From` where a line begins with `From`
        beyond_ascii = not f"{self.server.sender}{to}".isascii()
        if beyond_ascii and not self._smtp.has_extn("smtputf8"):
            raise Rejected(f"the mail server carries no address in other letters, such as '{to}'", "no SMTPUTF8")
        options = ("SMTPUTF8", "BODY=8BITMIME") if beyond_ascii else ()
        written = message.as_bytes(policy=SMTPUTF8 if beyond_ascii else SMTP)
        self._smtp.sendmail(self.server.sender, [to], written, options)

    def close(self) -> None:
        """Say goodbye; it does not matter whether the server still listens."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._smtp.quit()
        self._smtp.close()


def _connected(server: MailServer) -> smtplib.SMTP:
    smtp: smtplib.SMTP | None = None
    try:
        if server.tls == "from the start":
            context = ssl.create_default_context()
            smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=server.answer_within_s, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=server.answer_within_s)
        if server.tls == "starttls":
            smtp.starttls(context=ssl.create_default_context())
        smtp.ehlo_or_helo_if_needed()
        if server.user is not None and server.password is not None:
            smtp.login(server.user, server.password)
    except (OSError, smtplib.SMTPException) as error:
        # also a "never": what the server refuses here is us, and that a human mends, not the mails
        if smtp is not None:
            smtp.close()
        raise Deferred(_said(error), _reason(error), at_all=True) from None
    return smtp


@contextlib.contextmanager
def _not_longer_than(seconds: float, smtp: smtplib.SMTP) -> Iterator[None]:
    timer = threading.Timer(seconds, _hang_up, [smtp])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(smtp: smtplib.SMTP) -> None:
    if smtp.sock is not None:
        with contextlib.suppress(OSError):
            smtp.sock.shutdown(socket.SHUT_RDWR)


def _refusal(code: int, answer: bytes | str) -> Exception:
    said = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    why = f"{code} {' '.join(said.split())}"[:500]
    return Rejected(why, str(code)) if code >= 500 else Deferred(why, str(code), at_all=code == 421)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def _reason(error: Exception) -> str:
    """What of an error names nobody: its class, and the code that goes with it."""
    match error:
        case smtplib.SMTPResponseException():
            more = str(error.smtp_code)
        case ssl.SSLError():
            more = error.reason or ""
        case _:
            more = ""
    return f"{type(error).__name__} {more}".rstrip()
