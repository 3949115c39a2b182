"""Sentences of the mails.

A key that ends in `.nobody` is said where there is no address to write to.
"""

from __future__ import annotations

from typing import Final

from reconciler.portal.i18n.text import Plural, Text

TEXTS: Final[dict[str, Text]] = {
    "mail.greeting": "Hello {name},",
    "mail.closing": "Kind regards",
    "mail.activation.subject": "{portal}: your access",
    "mail.activation.body": "You now have access to our customer portal for {customer}.",
    "mail.activation.link": (
        "Set your password and log in here (the link works once, until {until}):"
    ),
    "mail.activation.later": "From then on, log in at {address} with this e-mail address.",
    "mail.activation_again.subject": "{portal}: please confirm your access again",
    "mail.activation_again.body": (
        "Your access for {customer} is waiting for you to confirm this e-mail address."
    ),
    "mail.address_changed.subject": "{portal}: your address was changed",
    "mail.address_changed.body": (
        "The e-mail address of your access for {customer} was changed. This address can no "
        "longer be used to log in."
    ),
    "mail.address_changed.ask": "If you did not expect this, write to {contact} immediately.",
    "mail.address_changed.ask.nobody": (
        "If you did not expect this, tell your contact at our company immediately."
    ),
    "mail.work_received.subject": Plural(
        "A request was reassigned to you",
        "{count} requests were reassigned to you",
    ),
    "mail.work_received.body": Plural(
        "You are now responsible for an open request of {from_name} at {customer}:",
        "You are now responsible for {count} open requests of {from_name} at {customer}:",
    ),
    "mail.rejected.subject": "{portal}: your registration",
    "mail.rejected.body": "Your registration was not accepted.",
    "mail.confirm.subject": "{portal}: confirm your e-mail address",
    "mail.confirm.body": (
        "Someone, hopefully you, signed up for our customer portal with this address. Confirm "
        "it here:"
    ),
    "mail.confirm.until": "The link works once, for {hours} hours.",
    "mail.confirm.ignore": (
        "If this was not you, you can ignore this e-mail: nothing happens without the link."
    ),
    # only the owner of the mailbox reads this, so it may say what the page must not
    "mail.known.subject": "{portal}: you already have access",
    "mail.known.body": (
        "Someone, hopefully you, signed up for our customer portal with this address, but it "
        "already has access. Log in at {address}; there you can also set a new password."
    ),
    "mail.known_invited.subject": "{portal}: you have already been invited",
    "mail.known_invited.body": (
        "Someone, hopefully you, asked for access to our customer portal with this address. It "
        "has already been invited: the e-mail with the activation link was sent. If the link no "
        "longer works, ask for a new one."
    ),
    "mail.reset.subject": "{portal}: a new password",
    "mail.reset.body": "Set a new password here (the link works once, for {minutes} minutes):",
    "mail.reset.ignore": (
        "If you did not ask for this, you can ignore this e-mail: your password stays the same."
    ),
    "mail.registered.subject": "A registration is waiting for approval",
    "mail.registered.body": "{who} confirmed an address and is waiting for approval:",
    "mail.staff_activation.subject": "{portal}: your account",
    "mail.staff_activation.body": "An account in our customer portal was created for you.",
    "mail.staff_address_changed.subject": "{portal}: your address was changed",
    "mail.staff_address_changed.body": (
        "The e-mail address of your account was changed. This address can no longer be used to "
        "log in. If you did not expect this, tell an administrator of the portal immediately."
    ),
    "mail.quoted.subject": "Your quote is ready: {title} (#{number})",
    "mail.quoted.body": "The quote for “{title}” is ready:",
    "mail.quoted.cost": "Price: {cost}",
    "mail.quoted.words": "Weighted words: {words}",
    "mail.quoted.deadline": "Delivery by {deadline}",
    "mail.quoted.moved": "Delivery by {deadline}; you asked for {requested_deadline}",
    "mail.quoted.accept": "You can accept it until {until}:",
    "mail.accepted.subject": "Quote accepted: {title} (#{number})",
    "mail.accepted.body": "{who} of {customer} accepted the quote for “{title}”.",
    "mail.declined.subject": "Quote rejected: {title} (#{number})",
    "mail.declined.body": "{who} of {customer} rejected the quote for “{title}”.",
    "mail.submitted.subject": "New request: {title} (#{number})",
    "mail.submitted.body": "{who} of {customer} sent the request “{title}”.",
    "mail.delivered.subject": "Your translation is ready: {title} (#{number})",
    "mail.delivered.body": "The translation of “{title}” is ready for download:",
    "mail.cancelled.subject": "Request cancelled: {title} (#{number})",
    "mail.cancelled.body": "The request “{title}” was cancelled.",
    "mail.reason": "Reason: {reason}",
    "mail.role": "In the portal you can {what}.",
    "mail.ask": "Questions? Write to {contact}.",
    "mail.ask.nobody": "Questions? Ask your contact at our company.",
    # each completes the sentence `mail.role`
    "mail.role.requester": (
        "send files for translation, ask for quotes and accept them, follow your requests, "
        "download the translations and see the statistics of what you sent"
    ),
    "mail.role.observer": (
        "see all requests of your organisation, follow their progress, download the "
        "translations and see the statistics"
    ),
    "mail.role.manager": (
        "send requests, accept quotes, see the requests of all your colleagues, and manage your "
        "team: change roles and reassign work"
    ),
    "mail.role.administrator": (
        "manage everything: customers, contacts, services, settings, and our own people"
    ),
    "mail.role.project_manager": (
        "look after the requests of your customers: quotes, progress, delivery"
    ),
    # the reasons that the portal itself writes; any other reason was typed, and is quoted as it is
    "mail.reason.left": "the person left",
    "mail.reason.role_change": "another role",
    "mail.reason.duplicate": "a duplicate",
    "mail.reason.other": "not stated",
    "mail.reason.expired": "the quote was not accepted in time",
}
