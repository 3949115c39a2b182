"""Mails that actions send: facts from the rows, texts from `mail`, a row in the outbox."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert, select

from reconciler.portal.i18n.portal_name import name_for
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.mail.rendering import LinkedRequest, render_mail
from reconciler.portal.rules.roles import StaffKind
from reconciler.portal.rules.states import StaffStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.unit_of_work import Row, Work


@dataclass(frozen=True, slots=True)
class Recipient:
    """The recipient of a mail: address, name, language, and the customer that the mail is about."""

    to: str
    name: str
    language: str
    contact: str | None = None
    role: str = ""
    customer: Row | None = None


def digest_of(secret: str) -> str:
    """Return the digest that is stored instead of a secret."""
    # without salt or rounds: these secrets are long and random, unlike passwords
    return hashlib.sha256(secret.encode()).hexdigest()


def mail_contact(
    work: Work,
    wording: Wording,
    contact: Row,
    *,
    to: str | None = None,
    opens: str | None = None,
    **facts: Any,
) -> None:
    """Queue a mail to this contact, with the address, language and role that the work leaves."""

    def compose() -> dict[str, Any]:
        recipient = contact_recipient(work, contact)
        recipient = replace(recipient, to=to) if to else recipient
        return compose_mail(work, wording, recipient, **facts)

    work.mail(compose, opens)


def contact_recipient(work: Work, contact: Row) -> Recipient:
    """Return the contact as a recipient, in their own language or their customer's."""
    customer = work.get("customer", contact["customer"]) if contact["customer"] else None
    language = contact["language"] or (customer["language"] if customer else "en")
    return Recipient(
        contact["email"], contact["name"], language, contact.id, contact["role"], customer
    )


def staff_recipient(person: Row) -> Recipient:
    """Return a staff member as a recipient."""
    return Recipient(
        person["email"], person["name"], person["language"], role=person["kind"]
    )


def queue_mail(work: Work, wording: Wording, recipient: Recipient, **facts: Any) -> None:
    """Queue a mail."""
    work.mail(lambda: compose_mail(work, wording, recipient, **facts))


def compose_mail(
    work: Work,
    wording: Wording,
    recipient: Recipient,
    *,
    requests: Sequence[LinkedRequest] = (),
    **facts: Any,
) -> dict[str, Any]:
    """Return the mail as a row of the outbox, without queueing it."""
    customer = recipient.customer
    content = render_mail(
        wording,
        recipient.language,
        {
            "portal": name_for(recipient.language, work.portal["name"]),
            "name": recipient.name,
            "customer": customer["name"] if customer else "",
            "role": recipient.role,
            "address": f"{work.base_url}/login",
            "contact": _contact_address(customer, work),
            **color_fact(work),
            **{name: str(value) for name, value in facts.items()},
        },
        requests,
    )
    id = f"mail_{secrets.token_hex(10)}"
    return {
        "id": id,
        "kind": str(wording.kind),
        "to": recipient.to,
        "language": recipient.language,
        "contact": recipient.contact,
        "message_id": f"<{id}@{work.portal['id']}>",
        "subject": content.subject,
        "text": content.text,
        "html": content.html,
    }


def new_link(work: Work, kind: str, expires_at: str, person: Row | None) -> str:
    """Return the secret of a new link for this person; without a person, the link opens nothing."""
    # a link refers to its person by a foreign key, so a new person has to be written first
    work.flush()
    secret = secrets.token_urlsafe(24)
    person_columns = {
        "contact": None,
        "staff": None,
        **({person.kind: person.id} if person else {}),
    }
    work.connection.execute(
        insert(t.links).values(
            digest=digest_of(secret),
            kind=kind,
            expires_at=expires_at,
            used_at=None,
            **person_columns,
        )
    )
    return secret


def invite(work: Work, contact: Row, wording: Wording = Wording.ACTIVATION) -> None:
    """Send a link with which the contact sets their password."""
    expires = new_link_expiry(work)
    secret = new_link(work, "activation", expires, contact)
    contact["invited_at"] = work.now
    mail_contact(
        work,
        wording,
        contact,
        opens=contact.id,
        link=f"{work.base_url}/activate/{secret}",
        until=expires[:10],
    )


def color_fact(work: Work) -> dict[str, str]:
    """Return the provider's colour for the HTML of a mail; empty if the settings name none."""
    color = work.get("settings", "settings")["branding"].get("primary_color")
    return {"color": color} if color else {}


def new_link_expiry(work: Work) -> str:
    """Return when an activation link created now expires."""
    return later(
        work.now, days=work.get("settings", "settings")["activation"]["expire_after_days"]
    )


def linked_request(work: Work, request: Row) -> LinkedRequest:
    """Return the request as an item of a list in a mail."""
    return LinkedRequest(request["title"], request["number"], request_url(work, request))


def request_url(work: Work, request: Row) -> str:
    """Return the URL of the request's page."""
    return f"{work.base_url}/requests/{request.id}"


def _contact_address(customer: Row | None, work: Work) -> str:
    """Return the customer's first project manager, else an administrator, else an empty text."""
    if customer and customer["project_managers"]:
        return str(customer["project_managers"][0])
    c = t.staff.c
    administrators = (
        select(c.email)
        .where(c.kind == StaffKind.ADMINISTRATOR, c.status == StaffStatus.ACTIVE)
        .order_by(c.id)
        .limit(1)
    )
    return str(work.connection.execute(administrators).scalar() or "")
