"""People of the demo's portal who can log in: the provider's own, and everybody, should a password be asked for.

There is no password that anybody could know beforehand: without one nobody of the demo logs in.
"""

from __future__ import annotations

from typing import Final

from reconciler.portal.actions import staff
from reconciler.portal.actions.passwords import hash_password, must_be_strong
from reconciler.portal.demo.seed import ADMINISTRATOR
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.rules.states import ContactStatus, StaffStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store

PROVIDER: Final = (
    ("Ada Quist", "ada.quist@provider.example", "administrator", "en"),
    ("Lee Marsh", "lee@provider.example", "project_manager", "en"),
    ("Mirjam Falk", "mirjam.falk@provider.example", "project_manager", "de"),
)
"""Name, address, kind and language of those whom the shipped customers name."""


def people_of_the_provider(store: Store) -> None:
    """The demo's administrator and project managers, active."""
    with store.write(ADMINISTRATOR) as work:
        for name, email, kind, language in PROVIDER:
            person = staff.add(work, {"name": name, "email": email, "kind": kind, "language": language})
            person["status"] = StaffStatus.ACTIVE
            work.audit(Verb.POST_STAFF, person, None, {"name": name, "kind": kind})


def give_everybody(store: Store, password: str) -> None:
    """Everybody who is active logs in with this password."""
    must_be_strong(password)
    kept = hash_password(password)
    with store.write(SYSTEM) as work:
        people = [
            *work.where("contact", t.contacts.c.status == ContactStatus.ACTIVE),
            *work.where("staff", t.staff.c.status == StaffStatus.ACTIVE),
        ]
        for person in people:
            person["password"] = kept
