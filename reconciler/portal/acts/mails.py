"""Mails that acts send: facts from the rows, words from `mail`, a place in the outbox."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any, Final

from sqlalchemy import insert

from reconciler.portal.mail.letters import letter
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.work import Row, Work

LINK_DAYS: Final = 14
"""For how long an activation link works (A)."""


def digest(secret: str) -> str:
    """What is kept of a secret that only its bearer knows."""
    return hashlib.sha256(secret.encode()).hexdigest()


def send(work: Work, kind: str, contact: Row, *, to: str | None = None, **facts: Any) -> None:
    """Put a mail of this kind to this contact into the outbox, in the contact's language."""
    customer = work.one("customer", contact["customer"]) if contact["customer"] else None
    language = contact["language"] or (customer["language"] if customer else "en")
    written = letter(kind, language, {
        "portal": work.portal["name"], "provider": work.portal["name"], "name": contact["name"],
        "customer": customer["name"] if customer else "", "role": contact["role"], "address": f"{work.base_url}/login",
        "contact": _whom_to_ask(customer, work), **color_of(work), **{name: str(value) for name, value in facts.items()},
    })  # fmt: skip
    id = f"mail_{secrets.token_hex(10)}"
    work.mail({
        "id": id, "kind": kind, "to": to or contact["email"], "language": language, "contact": contact.id,
        "message_id": f"<{id}@{work.portal['id']}>", "subject": written.subject, "text": written.text, "html": written.html,
    })  # fmt: skip


def invite(work: Work, contact: Row, kind: str = "activation") -> None:
    """Send a link behind which the contact sets her password."""
    work.flush()
    secret = secrets.token_urlsafe(24)
    expires = later(work.now, days=LINK_DAYS)
    work.connection.execute(
        insert(t.links).values(
            digest=digest(secret), contact=contact.id, kind="activation", expires_at=expires, used_at=None
        )
    )
    contact["invited_at"] = work.now
    send(work, kind, contact, link=f"{work.base_url}/activate/{secret}", until=expires[:10])


def color_of(work: Work) -> dict[str, str]:
    """The fact of the provider's colour, for the HTML of a mail; none when the settings name none."""
    color = work.one("settings", "settings")["branding"].get("primary_color")
    return {"color": color} if color else {}


def _whom_to_ask(customer: Row | None, work: Work) -> str:
    managers = customer["project_managers"] if customer else []
    return managers[0] if managers else str(work.portal["name"])
