"""The connection to a mail server, which sends one message at a time.

A temporary refusal, silence or an unreachable server is `Deferred`; a permanent refusal is
`Rejected`. `actions.outbox` decides what happens to the mail.
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
# The time limit for all steps of one mail, so that a server cannot stall byte by byte.
MAIL_WITHIN_S: Final = 60
Tls: TypeAlias = Literal["none", "starttls", "from the start"]
PORTS: Final = {"smtp": 25, "smtps": 465}


class Deferred(Exception):
    """The mail was not accepted now. `is_server_wide`: the server accepts nothing at present.

    `reason`: what a log may contain, such as a reply code or an error class, which name nobody.
    """

    def __init__(self, detail: str, reason: str, *, is_server_wide: bool = False) -> None:
        super().__init__(detail)
        self.reason = reason
        self.is_server_wide = is_server_wide


class Rejected(Exception):
    """The server will never accept this mail; `reason` as for `Deferred`."""

    def __init__(self, detail: str, reason: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class MailServer:
    """The mail server, the sender, and how the connection is protected."""

    host: str
    port: int
    sender: str
    tls: Tls = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    answer_within_s: float = ANSWER_WITHIN_S


def mail_server(url: str, sender: str, password: str | None) -> MailServer:
    """Return the server of `smtp://[USER@]HOST[:PORT]` or `smtps://…`; else a `ValueError`.

    Without TLS nothing leaves the machine: `smtp://` requires STARTTLS unless the server is on
    loopback.
    """
    parts = urlsplit(url)
    if (
        parts.scheme not in PORTS
        or not parts.hostname
        or parts.path.strip("/")
        or parts.query
        or parts.fragment
    ):
        raise ValueError(
            f"'{_without_secret(url)}' is not a mail server; write smtp://[USER@]HOST[:PORT] or "
            f"smtps://…"
        )
    if parts.password is not None:
        raise ValueError(
            "the address of the mail server must not contain a password; set "
            "RECONCILER_PORTAL_SMTP_PASSWORD"
        )
    if (parts.username is None) is not (password is None):
        raise ValueError(
            "a user in the mail server's address and RECONCILER_PORTAL_SMTP_PASSWORD go together; "
            "set both or neither"
        )
    try:
        sender = recipient(sender)
        port = parts.port or PORTS[parts.scheme]
    except NotSendable as error:
        raise ValueError(str(error)) from None
    plain: Tls = (
        "none" if on_loopback(parts.hostname) and parts.username is None else "starttls"
    )
    user = unquote(parts.username) if parts.username else None
    _check_encodable(parts.hostname, user or "", password or "")
    return MailServer(
        parts.hostname,
        port,
        sender,
        "from the start" if parts.scheme == "smtps" else plain,
        user,
        password,
    )


def _check_encodable(host: str, user: str, password: str) -> None:
    """Raise a `ValueError` for values that SMTP cannot transmit."""
    try:
        host.encode("idna")
    except UnicodeError:
        raise ValueError(f"'{host}' is not a valid host name") from None
    for label, text in (("user", user), ("password", password)):
        if not text.isascii():
            raise ValueError(
                f"the {label} of the mail server has non-ASCII characters, which not every "
                f"server understands"
            )


def _without_secret(url: str) -> str:
    return f"{url.partition('://')[0]}://{url.rpartition('@')[2]}"


class MailConnection:
    """An open connection to the mail server."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self._smtp = _connect(server)

    def send(self, message: EmailMessage, to: str) -> None:
        """Send the message to this one recipient; else `Deferred` or `Rejected`."""
        try:
            with _time_limit(MAIL_WITHIN_S, self._smtp):
                self._send_content(message, to)
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            raise _refusal(code, answer) from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Deferred(
                _message_of(error), _reason(error), is_server_wide=True
            ) from None

    def _send_content(self, message: EmailMessage, to: str) -> None:
        # smtplib's own send_message writes `>From` where a line begins with `From`
        beyond_ascii = not f"{self.server.sender}{to}".isascii()
        if beyond_ascii and not self._smtp.has_extn("smtputf8"):
            raise Rejected(
                f"the mail server does not accept non-ASCII addresses such as '{to}'",
                "no SMTPUTF8",
            )
        options = ("SMTPUTF8", "BODY=8BITMIME") if beyond_ascii else ()
        content = message.as_bytes(policy=SMTPUTF8 if beyond_ascii else SMTP)
        self._smtp.sendmail(self.server.sender, [to], content, options)

    def close(self) -> None:
        """Close the connection, even if the server no longer listens."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._smtp.quit()
        self._smtp.close()


def _connect(server: MailServer) -> smtplib.SMTP:
    smtp: smtplib.SMTP | None = None
    try:
        if server.tls == "from the start":
            context = ssl.create_default_context()
            smtp = smtplib.SMTP_SSL(
                server.host, server.port, timeout=server.answer_within_s, context=context
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=server.answer_within_s)
        if server.tls == "starttls":
            smtp.starttls(context=ssl.create_default_context())
        smtp.ehlo_or_helo_if_needed()
        if server.user is not None and server.password is not None:
            smtp.login(server.user, server.password)
    except (OSError, smtplib.SMTPException) as error:
        # also for permanent errors: here the server refuses us, not the mail, and an operator
        # fixes that
        if smtp is not None:
            smtp.close()
        raise Deferred(_message_of(error), _reason(error), is_server_wide=True) from None
    return smtp


@contextlib.contextmanager
def _time_limit(seconds: float, smtp: smtplib.SMTP) -> Iterator[None]:
    timer = threading.Timer(seconds, _hang_up, [smtp])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(smtp: smtplib.SMTP) -> None:
    if smtp.sock is not None:
        # unlike close(), this wakes the thread that is waiting for the server's answer
        with contextlib.suppress(OSError):
            smtp.sock.shutdown(socket.SHUT_RDWR)


def _refusal(code: int, answer: bytes | str) -> Exception:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    # 421: the server closes the connection (RFC 5321, 4.2.1), so no other mail gets through either
    detail = f"{code} {' '.join(text.split())}"[:500]
    return (
        Rejected(detail, str(code))
        if code >= 500
        else Deferred(detail, str(code), is_server_wide=code == 421)
    )


def _message_of(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def _reason(error: Exception) -> str:
    """Return the part of an error that names nobody: its class and code."""
    match error:
        case smtplib.SMTPResponseException():
            more = str(error.smtp_code)
        case ssl.SSLError():
            more = error.reason or ""
        case _:
            more = ""
    return f"{type(error).__name__} {more}".rstrip()
