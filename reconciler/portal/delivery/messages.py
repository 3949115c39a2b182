"""From a row of the outbox to a message.

The same row always gives the same bytes: a copy that is sent again after a crash has the same
Message-ID, and the date is that of the change.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Final

from reconciler.portal.rules.equality import same_domain_form
from reconciler.portal.store.clock import moment


class NotSendable(ValueError):
    """The row cannot be sent as a message; trying again would not help."""

    reason: Final = "not one address"


def message(mail: Mapping[str, Any], sender: str, sender_name: str) -> EmailMessage:
    """Return the message of an outbox row, from this address to the row's one recipient."""
    email = EmailMessage(policy=SMTP)
    email["From"] = _address(sender, sender_name)
    email["To"] = _address(mail["to"])
    # a line break in a typed title would begin another header, so the library refuses it
    email["Subject"] = " ".join(str(mail["subject"]).splitlines())
    email["Date"] = moment(mail["created_at"])
    email["Message-ID"] = mail["message_id"]
    email["Content-Language"] = mail["language"].partition(",")[0]
    # RFC 3834: holiday notices and other robots do not answer
    email["Auto-Submitted"] = "auto-generated"
    email.set_content(mail["text"], cte="quoted-printable")
    if mail["html"]:
        email.add_alternative(mail["html"], subtype="html", cte="quoted-printable")
        # the library's own boundary is random, and a copy would have other bytes
        email.set_boundary(f"=_{mail['id']}")
    return email


def recipient(to: str) -> str:
    """Return the envelope address with its domain as A-labels; else a `NotSendable`."""
    return _address(to).addr_spec


def _address(text: str, name: str = "") -> Address:
    local, _, domain = text.rpartition("@")
    if not local or any(
        character.isspace() or character in "\0,;<>()" for character in text
    ):
        raise NotSendable(f"'{text}' is not one address")
    try:
        return Address(" ".join(name.split()), local, same_domain_form(domain))
    except (ValueError, MessageError):
        raise NotSendable(f"'{text}' is not one address") from None
