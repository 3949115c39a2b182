"""Browsers that a person has logged in with: failures elsewhere do not lock them out.

A browser keeps a sealed value. The seal covers the person, the address, and what is kept of the password:
a new password, another address or a removal ends it, and nothing about it stands in the database. It
opens nothing; it only gives tries of this one browser a count of their own.
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
from reconciler.portal.store.work import Row, Work

DAYS: Final = 180
_PARTS: Final = 4


def mark_of(store: Store, session: Mapping[str, Any]) -> str | None:
    """A new mark for the browser of whoever began this session; None for people without a password."""
    table, id = (t.contacts, session["contact"]) if session["contact"] else (t.staff, session["staff"])
    with store.read() as connection:
        secret = str(connection.execute(select(t.portal.c.secret)).scalar_one())
        person = dict(connection.execute(select(table).where(table.c.id == id)).mappings().one())
    if person["password"] is None:
        return None
    told = ".".join((person["id"], secrets.token_hex(16), later(store.clock(), days=DAYS)))
    return f"{told}.{_seal(secret, told, person)}"


def known_as(work: Work, person: Row | None, mark: str) -> str | None:
    """What tries of the browser with this mark count as; None unless it is one of the person's."""
    told, _, seal = mark.rpartition(".")
    parts = mark.split(".")
    if person is None or len(parts) != _PARTS or parts[0] != person.id or parts[2] < work.now:
        return None
    if person["password"] is None or person["status"] != ContactStatus.ACTIVE:
        return None
    right = hmac.compare_digest(seal.encode(), _seal(str(work.portal["secret"]), told, person.values).encode())
    return f"{person.id}:{parts[1]}" if right else None


def _seal(secret: str, told: str, person: Mapping[str, Any]) -> str:
    text = "\n".join(("known browser", told, person["address_form"] or "", person["password"]))
    return hmac.new(secret.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
