"""People of the demo who can log in: staff, and all others if a password is given.

There is no default password: without one, nobody can log in to the demo.
"""

from __future__ import annotations

from typing import Final

from reconciler.portal.actions import staff
from reconciler.portal.actions.passwords import check_strength, hash_password
from reconciler.portal.demo.seed import ADMINISTRATOR
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.rules.states import ContactStatus, StaffStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store

# Name, address, kind and language of the staff that the shipped customers name.
PROVIDER: Final = (
    ("Ada Quist", "ada.quist@provider.example", "administrator", "en"),
    ("Lee Marsh", "lee@provider.example", "project_manager", "en"),
    ("Mirjam Falk", "mirjam.falk@provider.example", "project_manager", "de"),
)


def add_provider_staff(store: Store) -> None:
    """Add the demo's administrator and project managers as active staff."""
    with store.write(ADMINISTRATOR) as work:
        for name, email, kind, language in PROVIDER:
            person = staff.add(
                work, {"name": name, "email": email, "kind": kind, "language": language}
            )
            person["status"] = StaffStatus.ACTIVE
            work.audit(AuditAction.POST_STAFF, person, None, {"name": name, "kind": kind})


def set_password_for_all(store: Store, password: str) -> None:
    """Set this password for all active people."""
    check_strength(password)
    # one hash for all, because each takes a tenth of a second
    password_hash = hash_password(password)
    with store.write(SYSTEM) as work:
        people = [
            *work.where("contact", t.contacts.c.status == ContactStatus.ACTIVE),
            *work.where("staff", t.staff.c.status == StaffStatus.ACTIVE),
        ]
        for person in people:
            person["password"] = password_hash
