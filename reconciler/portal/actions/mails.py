"""Mails that acts send: facts from the rows, words from `mail`, a place in the outbox."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert, select

from reconciler.portal.i18n.portal_name import name_for
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.mail.letters import About, letter
from reconciler.portal.rules.roles import StaffKind
from reconciler.portal.rules.states import StaffStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.unit_of_work import Row, Work


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a mail: at which address, called what, in which language; and about which customer it is."""

    to: str
    name: str
    language: str
    contact: str | None = None
    role: str = ""
    customer: Row | None = None


def digest(secret: str) -> str:
    """What is kept of a secret that only its bearer knows."""
    return hashlib.sha256(secret.encode()).hexdigest()


def send(work: Work, wording: Wording, contact: Row, *, to: str | None = None, **facts: Any) -> None:
    """Put a mail to this contact into the outbox, in the contact's language."""
    reader = contact_as_reader(work, contact)
    post(work, wording, replace(reader, to=to) if to else reader, **facts)


def contact_as_reader(work: Work, contact: Row) -> Reader:
    """The contact, reading in her own language or her customer's."""
    customer = work.one("customer", contact["customer"]) if contact["customer"] else None
    language = contact["language"] or (customer["language"] if customer else "en")
    return Reader(contact["email"], contact["name"], language, contact.id, contact["role"], customer)


def staff_as_reader(person: Row) -> Reader:
    """One of the provider's people."""
    return Reader(person["email"], person["name"], person["language"], role=person["kind"])


def post(work: Work, wording: Wording, reader: Reader, **facts: Any) -> None:
    """Put a mail into the outbox."""
    work.mail(post_unsent(work, wording, reader, **facts))


def post_unsent(
    work: Work, wording: Wording, reader: Reader, *, requests: Sequence[About] = (), **facts: Any
) -> dict[str, Any]:
    """The mail as the outbox would hold it."""
    customer = reader.customer
    written = letter(wording, reader.language, {
        "portal": name_for(reader.language, work.portal["name"]), "name": reader.name,
        "customer": customer["name"] if customer else "", "role": reader.role, "address": f"{work.base_url}/login",
        "contact": _whom_to_ask(customer, work), **color_of(work), **{name: str(value) for name, value in facts.items()},
    }, requests)  # fmt: skip
    id = f"mail_{secrets.token_hex(10)}"
    return {
        "id": id, "kind": str(wording.kind), "to": reader.to, "language": reader.language, "contact": reader.contact,
        "message_id": f"<{id}@{work.portal['id']}>", "subject": written.subject, "text": written.text, "html": written.html,
    }  # fmt: skip


def new_link(work: Work, kind: str, expires_at: str, person: Row | None) -> str:
    """The secret of a new link to this person; of one that opens nothing when there is nobody."""
    work.flush()
    secret = secrets.token_urlsafe(24)
    whose = {"contact": None, "staff": None, **({person.kind: person.id} if person else {})}
    work.connection.execute(
        insert(t.links).values(digest=digest(secret), kind=kind, expires_at=expires_at, used_at=None, **whose)
    )
    return secret


def invite(work: Work, contact: Row, wording: Wording = Wording.ACTIVATION) -> None:
    """Send a link behind which the contact sets her password."""
    expires = link_end(work)
    secret = new_link(work, "activation", expires, contact)
    contact["invited_at"] = work.now
    send(work, wording, contact, link=f"{work.base_url}/activate/{secret}", until=expires[:10])


def color_of(work: Work) -> dict[str, str]:
    """The fact of the provider's colour, for the HTML of a mail; none when the settings name none."""
    color = work.one("settings", "settings")["branding"].get("primary_color")
    return {"color": color} if color else {}


def link_end(work: Work) -> str:
    """Until when an activation link works that is made now."""
    return later(work.now, days=work.one("settings", "settings")["activation"]["expire_after_days"])


def about(work: Work, request: Row) -> About:
    """The request, to be listed in a mail."""
    return About(request["title"], page_of(work, request))


def page_of(work: Work, request: Row) -> str:
    """Where the request is looked at."""
    return f"{work.base_url}/requests/{request.id}"


def _whom_to_ask(customer: Row | None, work: Work) -> str:
    """The customer's first project manager, else an administrator; empty when there is neither."""
    if customer and customer["project_managers"]:
        return str(customer["project_managers"][0])
    c = t.staff.c
    administrators = (
        select(c.email).where(c.kind == StaffKind.ADMINISTRATOR, c.status == StaffStatus.ACTIVE).order_by(c.id).limit(1)
    )
    return str(work.connection.execute(administrators).scalar() or "")
