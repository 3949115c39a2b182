"""Sentences of the administrator's pages: customers, services, settings, mails, usage."""

from __future__ import annotations

from typing import Final

from reconciler.portal.i18n.text import Text

TEXTS: Final[dict[str, Text]] = {
    "customers.add": "Add customer",
    "customers.archived": "Show archived customers",
    "customers.people": "People",
    "customer.managers": "Project managers",
    "customer.domains": "E-mail domains",
    "customer.domains.hint": (
        "One per line. Anyone who signs up with an address at such a domain belongs to this "
        "customer."
    ),
    "customer.services.all": "All services",
    "customer.services.hint": "To allow only some services, clear this box and tick them.",
    "customer.services.everybody": "(every customer can order it)",
    "customer.code": "Registration code",
    "customer.code.lead": (
        "Anyone who signs up with this code belongs to this customer. Give it only to people "
        "you trust."
    ),
    "customer.code.none": "There is no code.",
    "customer.code.renew": "Create a new code",
    "customer.code.withdraw": "Withdraw the code",
    "customer.archive": "Archive",
    "customer.archive.lead": (
        "Everyone at {name} loses access. Not possible while requests are open."
    ),
    "customer.protected": "This customer is protected: nobody can archive or rename it.",
    "customer.guarded": "A contact of this customer is protected: nobody can archive it.",
    "customer.archive.do": "Archive {name}",
    "customer.restore": "Restore",
    "customer.restore.lead": (
        "The customer comes back together with the people who were archived with it."
    ),
    "customer.not-ready": "This customer cannot order yet. Missing: {what}.",
    "customer.needs.contact": "a contact",
    "customer.needs.manager": "a project manager",
    "customer.needs.service": "a service",
    "services.add": "Add service",
    "service.code": "Code",
    "service.code.hint": (
        "Lower-case letters, digits and hyphens. Files and customers refer to the service by "
        "this code."
    ),
    "service.template": "Project template",
    "service.template.hint": "In the translation system; it determines the languages.",
    "service.workflows": "Workflows",
    "service.everybody": "Available to all customers",
    "service.price": "Price per weighted word",
    "service.currency": "Currency",
    "service.remove.lead": "Not possible while open requests, customers or contacts use it.",
    "settings.sign_up": "Sign-up",
    "settings.sign_up.closed": "Closed: administrators add people",
    "settings.sign_up.approval_required": "Open, with approval",
    "settings.sign_up.open": "Open, without approval",
    "settings.source": "Source languages",
    "settings.target": "Target languages",
    "settings.languages.hint": (
        "Language codes, one per line: en, de-CH, no. If left empty, all languages are offered."
    ),
    "settings.offers": "Quotes expire after (days)",
    "settings.activation": "Activation links expire after (days)",
    "settings.colour": "Main colour",
    "settings.colour.hint": "In the form #rrggbb. Text on it stays readable with any colour.",
    "settings.logo": "Logo",
    "settings.logo.hint": "The https:// address of an image.",
    "outbox.lead": (
        "All e-mails that the portal has written. Without a mail server, they stay here and can "
        "be read."
    ),
    "outbox.to": "To",
    "outbox.subject": "Subject",
    "outbox.state": "State",
    "outbox.queued": "waiting",
    "outbox.sending": "being sent",
    "outbox.sent": "sent",
    "outbox.dead": "failed",
    "outbox.retry": "Try again",
    "outbox.forget_at": "Erased on",
    "outbox.forgotten": "The recipient and the text have been erased.",
    "outbox.tries": "Attempts",
    "outbox.error": "Last error",
    "done.retried": "The e-mail will be sent again.",
    "usage.customers": "active customers",
    "usage.contacts": "contacts with access",
    "usage.waiting": "waiting for approval",
    # the 30 days are `usage.DAYS`
    "usage.seen": "logged in within the last 30 days",
    "usage.open": "open requests",
    "usage.words": "weighted words in the last 30 days",
    "usage.files": "used by files",
    "usage.mails": "e-mails waiting or failed",
    "usage.by.customer": "Busiest customers of the last 30 days",
    "usage.requests": "Requests",
    "usage.words.column": "Words",
    "customers.people.count": "People: {count}",
    "customer.archived": "Archived on {when} by {who}. Can be restored until {until}.",
    "done.archived": "Archived.",
    "done.code-renewed": "A new code was created.",
    "done.code-withdrawn": "The code no longer works.",
    "settings.name": "Name of the portal",
    "settings.name.hint": (
        "Appears on every page and in every e-mail. If left empty, each person reads “{name}” "
        "in their own language."
    ),
    "empty.customers": (
        "Start with a customer, then add its people and choose the services that it may order."
    ),
    "empty.people": (
        "Nobody has access yet. Each contact belongs to a customer: add the customer first, "
        "then its people."
    ),
    "empty.services": (
        "A service is what customers can order: a project template, the workflows that it allows "
        "and, optionally, a price."
    ),
    "empty.mails": "E-mails appear here as soon as the portal writes one.",
    "empty.history": "Every change appears here from now on.",
    "customer.managers.choose": (
        "Only they and administrators see the customer’s requests, and only they get e-mails "
        "about them."
    ),
    "customer.managers.unknown": "not one of our people: receives e-mails, but cannot log in",
    "customer.managers.strangers": (
        "None of our people has the address {addresses}. Invite the person, or remove the address."
    ),
    "mistake.stranger": "None of our people has the address “{address}”. Choose from the list.",
    "mistake.domain": (
        "“{domain}” is not an e-mail domain. Enter the part after the @, such as acme.example."
    ),
    "mistake.code": (
        "Use lower-case letters, digits and single hyphens between them, such as website-texts."
    ),
    "mistake.per_word": "Enter a price such as 0.14.",
    "mistake.colour": "Enter a colour as # and six digits from 0 to f, such as #0b5fff.",
    "mistake.logo": (
        "Enter an address that begins with https://, without spaces. Other images are not shown."
    ),
    "mistake.days": "Enter a whole number of days from 1 to {most}.",
}
