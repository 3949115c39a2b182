"""Sentences that every page may need: the frame, names of things, states, roles, refusals."""

from __future__ import annotations

from typing import Final

from reconciler.portal.i18n.text import Plural, Text

TEXTS: Final[dict[str, Text]] = {
    "portal.name": "Customer portal",
    "frame.skip": "Skip to the content",
    "frame.menu": "Menu",
    "frame.work": "Your work",
    "frame.administration": "Administration",
    "frame.language": "Language",
    "nav.requests": "Requests",
    "nav.new": "New request",
    "nav.statistics": "Statistics",
    "nav.team": "Team",
    "nav.contacts": "Contacts",
    "nav.customers": "Customers",
    "nav.services": "Services",
    "nav.staff": "Our people",
    "nav.settings": "Settings",
    "nav.outbox": "E-mails",
    "nav.history": "History",
    "nav.usage": "Usage",
    "nav.account": "Account",
    "nav.logout": "Log out",
    "action.save": "Save",
    "action.cancel": "Cancel",
    "action.back": "Back",
    "action.add": "Add",
    "action.filter": "Show",
    "action.next": "Next page",
    "action.first": "First page",
    "action.choose": "Choose …",
    "field.name": "Name",
    "field.email": "E-mail address",
    "field.role": "Role",
    "field.language": "Language",
    "field.customer": "Customer",
    "field.services": "Services",
    "field.service": "Service",
    "field.description": "Description",
    "field.status": "Status",
    "field.reason": "Reason",
    "field.optional": "optional",
    "field.all": "All",
    "field.when": "When",
    "field.who": "Who",
    "field.what": "What",
    "role.requester": "Requester",
    "role.observer": "Observer",
    "role.manager": "Manager",
    "role.requester.means": (
        "sends files, accepts quotes, follows their requests, downloads translations"
    ),
    "role.observer.means": "sees all requests of the organisation, read-only",
    "role.manager.means": "does all of this and manages the team",
    "status.unapproved": "waiting for approval",
    "status.invited": "invited",
    "status.link_expired": "link expired",
    "status.active": "active",
    "status.removed": "deleted",
    "status.archived": "archived",
    "state.quote_pending": "quote pending",
    "state.quote_being_made": "quote being made",
    "state.quoted": "quoted",
    "state.in_progress": "in progress",
    "state.delivered": "delivered",
    "state.cancelled": "cancelled",
    "workflow.pm_quote_manual": "Quote by a project manager",
    "workflow.pm_quote_automatic": "Analysed automatically, quote approved by a project manager",
    "workflow.automatic_quote": "Automatic quote",
    "workflow.automatic_project": "Starts at once, without a quote",
    "reason.left": "the person left",
    "reason.role_change": "another role",
    "reason.duplicate": "a duplicate",
    "reason.rejected": "not accepted",
    "reason.other": "other",
    "mistake.title": "Not saved yet",
    "mistake.missing": "Please fill this in.",
    "mistake.long": "This is too long.",
    "mistake.email": "This is not an e-mail address.",
    "mistake.other": "Line breaks and invisible characters are not allowed here.",
    "problem.title": "That did not work",
    "problem.unchanged": "Nothing was changed.",
    "problem.trace": "Reference for support:",
    # the keys end in problem types; `problem.other` serves the types that have no sentence here
    "problem.not-found": "Page not found. Check the address, or go back to the start page.",
    "problem.forbidden": (
        "Your role does not allow this, or the form was sent from another site. Open the page "
        "again, or ask an administrator."
    ),
    "problem.stale": (
        "Someone else changed this in the meantime. Check the current version before you send "
        "it again."
    ),
    "problem.address-taken": (
        "Someone else already logs in with this address. Enter a different one."
    ),
    "problem.name-taken": "Another customer already has this name. Choose a different one.",
    "problem.key-taken": "This code is already taken. Choose a different one.",
    "problem.no-heir": "Choose who takes over the open requests.",
    "problem.heir-may-not-hold-work": (
        "This person cannot take over requests. Choose a requester or a manager."
    ),
    "problem.open-requests": (
        "Some requests are still open. They must be delivered or cancelled first."
    ),
    "mistake.in-use": (
        "Still in use. Remove it there first. Customers: {customers}, contacts: {contacts}, "
        "open requests: {requests}."
    ),
    "problem.protected": (
        "Nothing was changed because a protected person or customer would lose something. The "
        "provider’s administrators must lift the protection first."
    ),
    "protected.lift": (
        "To do it anyway, first lift the protection in a separate change, in the files in git "
        "or through the API."
    ),
    "protected.ask": "If you need this change, contact us.",
    "problem.last-manager": (
        "The customer would have no manager left. Make someone else a manager first."
    ),
    "problem.registration-gone": (
        "Someone has already decided on this registration. There is nothing left to do."
    ),
    "problem.registration-changed": (
        "This registration has changed since you opened it. Open it again and check it."
    ),
    "problem.not-restorable": "This can no longer be restored. Add it again instead.",
    "problem.wrong-state": "This is no longer possible. Check the current state.",
    "problem.too-large": "This is too large. Send less at a time; a file can have at most 100 MB.",
    "problem.unprocessable": (
        "Something you entered is not valid. Go back, check the form and send it again."
    ),
    "problem.malformed": "The portal cannot read this. Open the page again and try again.",
    "problem.unauthenticated": "Please log in.",
    "problem.rate-limited": "Too many attempts. Wait a moment and try again.",
    "limit.reached": "You have reached a limit: {what}. Try again later, or contact us.",
    "problem.unavailable": "The portal is busy. Try again in a moment.",
    "problem.other": "The portal cannot do this. Go back, or ask an administrator.",
    "problem.internal": "Something went wrong. The error was logged. Try again later.",
    "done.saved": "Saved.",
    "done.added": "Added.",
    "done.removed": "Deleted.",
    "done.restored": "Restored.",
    "joint.list": "{first}, {second}",
    "joint.moment": "{day}, {time} UTC",
    "joint.told": "{what}: {told}",
    "field.yes": "yes",
    "field.no": "no",
    "who.portal": "the portal",
    "who.registrant": "a new person",
    "who.command-line": "command line",
    "action.reset": "Reset",
    "list.nothing-found": "Nothing found",
    "list.nothing-found.hint": "No matches",
    "list.more": "More than {what}",
    "list.empty": "Nothing yet",
    "found.requests": Plural(
        "{count} request",
        "{count} requests",
    ),
    "found.people": Plural(
        "{count} contact",
        "{count} contacts",
    ),
    "found.customers": Plural(
        "{count} customer",
        "{count} customers",
    ),
    "found.mails": Plural(
        "{count} e-mail",
        "{count} e-mails",
    ),
    "found.entries": Plural(
        "{count} entry",
        "{count} entries",
    ),
    "status.rejected": "rejected",
    "mistake.error": "Error:",
    "mistake.line": "{field}: {why}",
    "mistake.now": "Show the current version, without your changes",
    "mistake.not-sent": "Not sent yet",
    "mistake.work": "These requests are open:",
    "mistake.choice": "Please choose one.",
    "mistake.name": "Enter a name without web addresses, e-mail addresses or line breaks.",
    "mistake.language": "Choose a language from the list, or enter a code such as en or de-AT.",
    "mistake.language-tag": "“{tag}” is not a language. Use codes such as en or de-AT.",
    "mistake.moment": "Enter a date and a time, such as 24 December 2026, 16:00.",
}
