"""What somebody else's hand changes of a contact: all for the provider, less and not too often for a manager.

A manager's words and the addresses she types go out in the provider's mails, so they carry no link and
are few a day.
"""

from __future__ import annotations

from reconciler.portal.actions import contacts
from reconciler.portal.actions.contacts import Audited, open_work
from reconciler.portal.actions.fields import Fields
from reconciler.portal.actions.schemas import has_web_address
from reconciler.portal.rules.contacts import no_heir
from reconciler.portal.rules.policy import Grant, Reach, may_write
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import HOLDS_WORK
from reconciler.portal.store.unit_of_work import Row, Work


def edit(work: Work, grant: Grant, contact: Row, fields: Fields) -> Audited:
    """Change the fields that the grant allows to change."""
    may_write(grant, fields)
    if grant.reach is Reach.TEAM:
        _as_a_manager(work, contact, fields)
    return contacts.edit(work, contact, fields)


def _as_a_manager(work: Work, contact: Row, fields: Fields) -> None:
    """A problem unless a manager may do this now.

    Whatever can be refused is refused before the address is looked at: who tries addresses to learn which
    of them are known has to change them for real, in everybody's sight, and few of them a day (`must_be_free`).
    """
    if has_web_address(fields.get("name", "")):
        raise Problem("unprocessable", "a name holds no web or e-mail address", field="name")
    stranded = [] if fields.get("role", contact["role"]) in HOLDS_WORK else open_work(work, contact)
    if stranded:
        raise no_heir([request.values for request in stranded], contact.id)
