"""Sentences of the pages about people: the manager's team, and the administrator's contacts."""

from __future__ import annotations

from typing import Final

from reconciler.portal.i18n.text import Plural, Text

TEXTS: Final[dict[str, Text]] = {
    "team.lead": "Everyone at {customer} who has access.",
    "team.deleted": "Show deleted contacts",
    "team.open": "Open requests",
    "team.you": "you",
    "team.yourself": "You cannot change your own access. Ask another manager, or contact us.",
    "person.edit": "Details and role",
    "person.email.hint": (
        "After a change, access is paused until the person confirms the new address."
    ),
    "person.language.hint": "For e-mails and pages; left empty, the customer’s language.",
    "person.heir": "Who takes over the open requests?",
    "person.heir.hint": Plural(
        "{count} request is open.",
        "{count} requests are open.",
    ),
    "person.heir.role": "Required if the new role cannot have requests.",
    "person.reassign": "Reassign work",
    "person.reassign.do": "Reassign all open requests",
    "person.reassign.none": "There is no open work to reassign.",
    "person.protected": (
        "{name} is protected: nobody can delete this contact, change the e-mail address, or take "
        "a role or a service away."
    ),
    "person.remove": "Delete",
    "person.remove.lead": (
        "{name} loses access at once. Open requests are reassigned at the same time."
    ),
    "person.remove.do": "Delete {name}",
    "person.removed": (
        "Deleted on {when} by {who}. Can be restored until {until}. Reason: {reason}."
    ),
    "person.restore": "Restore",
    "person.restore.lead": "The person will be asked to activate their access again.",
    "person.invited": (
        "Waiting for {email}: a link was sent there on {when}. Until it is used, nobody can log in "
        "here with this access."
    ),
    "person.link_expired": (
        "The link that was sent to {email} on {when} has expired. A new one is needed."
    ),
    "person.resend.ask": "Contact us to have it sent again.",
    "person.resend": "Send the activation link again",
    "person.erase": "Erase personal data",
    "person.erase.lead": (
        "Name and address are permanently erased; the person can no longer be restored."
    ),
    "person.history": "History",
    "person.services.all": "All services of the customer",
    "person.services.hint": "To allow only some services, clear this box and tick them.",
    "person.services.closed": "(the customer cannot order it)",
    "contacts.waiting": "Waiting for approval",
    "contacts.all": "Show all, including deleted contacts",
    "contacts.search": "Name or address",
    "contacts.add": "Add contact",
    "contacts.add.lead": (
        "For people who have not registered themselves. They receive an e-mail with a link to "
        "set a password."
    ),
    "registration.title": "Registration",
    "registration.lead": "{name} signed up and confirmed the address {email}.",
    "registration.git": (
        "If files manage this customer, approve by merging a file: reconciler plan shows the "
        "line it needs."
    ),
    "registration.approve": "Approve",
    "registration.reject": "Reject",
    "registration.reject.lead": "The person is notified by e-mail.",
    "registration.unassigned": "not assigned yet",
    "registration.foreign": "The address does not belong to the customer’s e-mail domains.",
    "done.reassigned": "The work was reassigned.",
    "done.approved": "Approved; the activation e-mail is on its way.",
    "done.rejected": "Rejected.",
    "done.resent": "The link was sent again.",
    "done.erased": "The personal data is erased.",
    "git.managed": "Managed by a file in git",
    "git.warning": (
        "The file {path} manages this. The people who maintain the files review every change made "
        "here, and keep or undo it."
    ),
    "team.kept": "centrally managed",
    "team.kept.warning": (
        "The access of this person is managed centrally. A change made here takes effect "
        "immediately. The people who maintain the central list are notified, and keep or undo it."
    ),
    "person.rejected": "Rejected on {when} by {who}.",
    "person.language.home": "Same as the customer: {language}",
    "person.language.customers": "Same as the customer",
    "person.orders-nothing": (
        "{name} cannot order anything: none of the services that the customer may order is ticked."
    ),
}
