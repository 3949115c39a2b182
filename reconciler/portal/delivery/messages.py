"""From a row of the outbox to the message that goes over the wire.

The same row always gives the same bytes: a copy that is sent again after a crash is known by its
Message-ID, and its date is that of the change, not of the copy.
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
    """What stands in the outbox cannot be a message; trying again would not help."""

    reason: Final = "not one address"


def message(mail: Mapping[str, Any], sender: str, sender_name: str) -> EmailMessage:
    """The message of an outbox row, from this address, to the row's one recipient."""
    written = EmailMessage(policy=SMTP)
    written["From"] = _address(sender, sender_name)
    written["To"] = _address(mail["to"])
    written["Subject"] = " ".join(str(mail["subject"]).splitlines())
    written["Date"] = moment(mail["created_at"])
    written["Message-ID"] = mail["message_id"]
    written["Content-Language"] = mail["language"].partition(",")[0]
    written["Auto-Submitted"] = "auto-generated"
    written.set_content(mail["text"], cte="quoted-printable")
    if mail["html"]:
        written.add_alternative(mail["html"], subtype="html", cte="quoted-printable")
        written.set_boundary(f"=_{mail['id']}")
    return written


def recipient(to: str) -> str:
    """The address for the envelope: its domain as A-labels; a `NotSendable` when it is not one address."""
    return _address(to).addr_spec


def _address(text: str, name: str = "") -> Address:
    local, _, domain = text.rpartition("@")
    if not local or any(character.isspace() or character in "\0,;<>()" for character in text):
        raise NotSendable(f"'{text}' is not one address")
    try:
        return Address(" ".join(name.split()), local, same_domain_form(domain))
    except (ValueError, MessageError):
        raise NotSendable(f"'{text}' is not one address") from None
