"""Acts of a person on her own access: activate, log in, log out."""

from __future__ import annotations

import secrets
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import insert, select, update

from reconciler.portal.acts.mails import digest
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.work import Work

HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODYS: Final = HASHER.hash(secrets.token_urlsafe(16))
"""Compared with when there is nobody, so that an answer takes as long as for somebody."""


def activate(work: Work, secret: str, password: str) -> str:
    """Set the password of the contact to whom the link was sent; her id. A link works once."""
    must_be_strong(password)
    found = work.connection.execute(
        select(t.links).where(t.links.c.digest == digest(secret), t.links.c.used_at.is_(None))
    ).first()
    contact = work.one("contact", found.contact) if found and found.expires_at >= work.now else None
    if contact is None or contact["status"] not in {"invited", "active"}:
        raise Problem("not-found", "this link does not work any more")
    before = contact["status"]
    contact.update(status="active", password=HASHER.hash(password))
    work.connection.execute(update(t.links).where(t.links.c.digest == digest(secret)).values(used_at=work.now))
    work.audit("activate", contact, {"status": before}, {"status": "active"})
    return contact.id


def must_be_strong(password: str) -> None:
    """A problem when the password is not of at least 8 characters with lower and upper case and digits."""
    kinds = (str.islower, str.isupper, str.isdigit)
    if len(password) < 8 or not all(any(kind(letter) for letter in password) for kind in kinds):
        raise Problem("unprocessable", "a password has 8 characters or more, with lower and upper case and digits")


def log_in(work: Work, email: str, password: str) -> dict[str, Any]:
    """A new session; the same problem whether address or password is not known."""
    found = next(iter(work.where("contact", t.contacts.c.address_form == same_address_form(email))), None)
    kept = found["password"] if found and found["status"] == "active" else None
    if not _verified(kept or _NOBODYS, password) or kept is None or found is None:
        raise Problem("unauthenticated", "address or password is not right")
    token = f"rs_{secrets.token_urlsafe(32)}"
    work.connection.execute(
        insert(t.sessions).values(
            digest=digest(token), contact=found.id, created_at=work.now, used_at=work.now, ended_at=None
        )
    )
    return {"id": digest(token)[:16], "token": token, "contact": found.id}


def _verified(kept: str, password: str) -> bool:
    try:
        return HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def log_out(work: Work, id: str, contact: str) -> None:
    """End a session of this contact; nothing when there is none."""
    c = t.sessions.c
    work.connection.execute(
        update(t.sessions).where(c.digest.startswith(id, autoescape=True), c.contact == contact, c.ended_at.is_(None))
        .values(ended_at=work.now)
    )  # fmt: skip
