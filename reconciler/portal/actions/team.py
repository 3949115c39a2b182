"""Changes of a contact by others: all fields for the provider, fewer for a manager.

The names and addresses that a manager types go out in the provider's mails, so they contain no link
and are limited per day.
"""

from __future__ import annotations

from reconciler.portal.actions import contacts
from reconciler.portal.actions.contacts import AuditValues, open_work
from reconciler.portal.actions.fields import Fields
from reconciler.portal.actions.schemas import has_web_address
from reconciler.portal.rules.contacts import no_heir
from reconciler.portal.rules.policy import Grant, RowScope, check_writable
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import WORK_ROLES
from reconciler.portal.store.unit_of_work import Row, Work


def edit(work: Work, grant: Grant, contact: Row, fields: Fields) -> AuditValues:
    """Change the fields that the grant allows."""
    check_writable(grant, fields)
    if grant.row_scope is RowScope.TEAM:
        _check_as_manager(work, contact, fields)
    return contacts.edit(work, contact, fields)


def _check_as_manager(work: Work, contact: Row, fields: Fields) -> None:
    """Raise a problem unless a manager may make this change now.

    All other refusals come before the address is looked up: to learn which addresses are known, a
    manager has to change them for real, visibly, and few per day (`check_address_is_free`).
    """
    if has_web_address(fields.get("name", "")):
        raise Problem(
            "unprocessable", "a name must not contain a web or e-mail address", field="name"
        )
    open_requests = (
        []
        if fields.get("role", contact["role"]) in WORK_ROLES
        else open_work(work, contact)
    )
    if open_requests:
        raise no_heir([request.values for request in open_requests], contact.id)
