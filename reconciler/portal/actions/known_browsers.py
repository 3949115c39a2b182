"""Browsers in which a person has logged in: failures in other browsers do not lock them out.

The browser stores a signed mark in a cookie. The signature covers the person, the address and the
hash of the password, so a new password, another address or a removal invalidates the mark. The
database stores nothing about it. The mark gives no access: the portal only counts the attempts of
this browser separately.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from reconciler.portal.rules.states import ContactStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work

DAYS: Final = 180
_PARTS: Final = 4


def new_mark(store: Store, session: Mapping[str, Any]) -> str | None:
    """Return a new mark for the browser of this session; None for a person without a password."""
    table, id = (
        (t.contacts, session["contact"])
        if session["contact"]
        else (t.staff, session["staff"])
    )
    with store.read() as connection:
        secret = str(connection.execute(select(t.portal.c.secret)).scalar_one())
        person = dict(
            connection.execute(select(table).where(table.c.id == id)).mappings().one()
        )
    if person["password"] is None:
        return None
    content = ".".join(
        (person["id"], secrets.token_hex(16), later(store.clock(), days=DAYS))
    )
    return f"{content}.{_seal(secret, content, person)}"


def known_subject(work: Work, person: Row | None, mark: str) -> str | None:
    """Return the subject that counts attempts with this mark; None if the mark is not valid."""
    content, _, seal = mark.rpartition(".")
    parts = mark.split(".")
    if (
        person is None
        or len(parts) != _PARTS
        or parts[0] != person.id
        or parts[2] < work.now
    ):
        return None
    if person["password"] is None or person["status"] != ContactStatus.ACTIVE:
        return None
    # in constant time, so that nobody finds a seal byte by byte
    right = hmac.compare_digest(
        seal.encode(), _seal(str(work.portal["secret"]), content, person.values).encode()
    )
    return f"{person.id}:{parts[1]}" if right else None


def _seal(secret: str, content: str, person: Mapping[str, Any]) -> str:
    text = "\n".join(
        ("known browser", content, person["address_form"] or "", person["password"])
    )
    return hmac.new(
        secret.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha256
    ).hexdigest()
