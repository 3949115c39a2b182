"""Sentences of requests, quotes, files and statistics."""

from __future__ import annotations

from typing import Final

from reconciler.portal.i18n.text import Plural, Text

TEXTS: Final[dict[str, Text]] = {
    "request.title": "Title",
    "request.state": "State",
    "request.languages": "Languages",
    "request.source": "Source language",
    "request.targets": "Target languages",
    "request.words": "Weighted words",
    "request.cost": "Cost",
    "request.cost.hint": "If left empty: words × price × languages. No price means no cost.",
    "request.currency": "Currency",
    "request.deadline": "Deadline",
    "request.delivery-by": "Delivery by",
    "request.moved": "You asked for {when}.",
    "request.moved.provider": "The customer asked for {when}.",
    "request.moved.short": "asked for: {when}",
    "request.managers": "Project management",
    "request.search": "Number or title",
    "request.utc": "Time in UTC.",
    "request.comment": "Comment",
    "request.owner": "Contact",
    "request.new-owner": "New contact",
    "request.from": "from",
    "request.to": "to",
    "request.sent": "Sent",
    "request.workflow": "Workflow",
    "request.asked": "Request details",
    "request.quote": "Quote and progress",
    "request.until": "Accept by",
    "request.accepted": "Accepted",
    "request.delivered": "Delivered",
    "request.progress": "Progress",
    "request.percent": "Percent done",
    "request.expired": "The quote was not accepted in time.",
    "request.preliminary": "Preliminary: a project manager checks it before it can be accepted.",
    "request.not-counted": "not counted yet",
    "request.counting": "being counted",
    "counting": Plural(
        "The words of {count} file are being counted.",
        "The words of {count} files are being counted.",
    ),
    "counting.done": "The count is complete.",
    "counting.again": "Show the progress",
    "request.files": "Files to translate",
    # 100 MB is the vault's limit, also in "problem.too-large"
    "request.files.hint": (
        "The portal counts the words in text, XLIFF and Word files. At most 100 MB per file."
    ),
    "request.references": "Reference files",
    "request.references.hint": (
        "Glossaries and earlier translations help us; they are not translated."
    ),
    "request.uploaded": "Already uploaded",
    "request.all-files": "Files",
    "request.tag": "A language code, such as en or de-AT.",
    "request.tags": "Language codes separated by commas, such as de, fr-CA.",
    "request.send": "Send the request",
    "request.nothing-offered": (
        "You cannot order any service yet. Your project manager can change that."
    ),
    "do.accept": "Accept the quote",
    "do.decline": "Reject the quote",
    "do.approve": "Send the quote",
    "do.reject": "Decline the request",
    "do.cancel": "Withdraw the quote",
    "do.revive": "Offer it again",
    "do.progress": "Report progress",
    "do.deliver": "Deliver",
    "do.reassign": "Reassign",
    "done.sent": "Your request was sent.",
    "done.request.accept": "The quote is accepted. The project starts now.",
    "done.request.decline": "The quote is rejected.",
    "done.request.approve": "The quote was sent.",
    "done.request.reject": "The request is declined.",
    "done.request.cancel": "The quote is withdrawn.",
    "done.request.revive": "The quote can be accepted again.",
    "done.request.progress": "Saved.",
    "done.request.deliver": "Delivered.",
    "done.request.reassign": "The request was reassigned.",
    "file.kind": "Kind",
    "file.size": "Size",
    "file.source": "To translate",
    "file.reference": "Reference",
    "file.delivery": "Translation",
    "file.all": "Download all files",
    "file.deliveries": "Download the translations",
    "uncounted.other-kind": "a project manager counts files of this type",
    "uncounted.no-text": "this is not a text file",
    "uncounted.no-xml": "this is not well-formed XML",
    "uncounted.document-type": "files with a document type are not read",
    "uncounted.no-xliff": "this is not XLIFF",
    "uncounted.no-word": "this is not a readable Word document",
    "uncounted.too-much": "too large to count",
    "uncounted.too-complex": "too complex to count; a project manager counts it",
    "uncounted.no-bytes": "the portal has lost this file; send it again",
    "mistake.service": "This service cannot be ordered this way.",
    "mistake.files": "Choose at least one file.",
    "mistake.deadline": "The deadline is in the past.",
    "mistake.source_language": "This language is not offered.",
    "mistake.target_language": "A language is not offered, or is the source language.",
    "mistake.progress": "Enter a whole number from 0 to 100.",
    "statistics.first": "From",
    "statistics.last": "To",
    "statistics.delivered": "Delivered",
    "statistics.days": "Days to delivery (average)",
    "statistics.month": "Month",
    "statistics.ordered-words": "Words ordered",
    "statistics.open-words": "Words not ordered yet",
    "statistics.ordered-cost": "Cost ordered",
    "statistics.open-cost": "Cost not ordered yet",
    "statistics.months": "Ordered words by month",
    "statistics.months.told": "The month with the most ordered words is {month}: {words}.",
    "statistics.languages": "Ordered words by target language",
    "statistics.services": "Ordered words by service",
    "statistics.contacts": "By contact",
    "statistics.most": (
        "The {shown} of {count} contacts with the most ordered words. The file contains all of "
        "them."
    ),
    "statistics.as-table": "{what}, as a table",
    "statistics.without-service": "without a service",
    "statistics.words": Plural(
        "{count} word",
        "{count} words",
    ),
    "statistics.requests": Plural(
        "{count} request",
        "{count} requests",
    ),
    "statistics.csv": "Download as CSV",
    "statistics.none": "Nothing was sent in this period.",
    "statistics.cancelled": (
        "Ordered: the quote was accepted, or none was needed. Cancelled requests count as "
        "requests; their words and their cost do not count."
    ),
    "need.title": "Waiting for you",
    "need.accept": Plural(
        "{count} quote is waiting for your decision",
        "{count} quotes are waiting for your decision",
    ),
    "need.download": Plural(
        "{count} delivery is ready for download",
        "{count} deliveries are ready for download",
    ),
    "need.quote": Plural(
        "{count} request is waiting for a quote",
        "{count} requests are waiting for a quote",
    ),
    "need.deliver": Plural(
        "{count} request is waiting for delivery",
        "{count} requests are waiting for delivery",
    ),
    "need.approve": Plural(
        "{count} registration is waiting for approval",
        "{count} registrations are waiting for approval",
    ),
    "empty.requests.send": (
        "You have not sent any requests yet. Choose your files and languages, and you’ll "
        "receive a quote."
    ),
    "empty.requests": "Requests appear here as soon as someone sends one.",
    "mistake.empty": "The file “{name}” is empty.",
    "mistake.undelivered": (
        "There is no file in {language}. Choose one, or tick the box to deliver without it."
    ),
    "request.without": "Deliver without {language}",
    "mistake.same": "{language} is the source language. Choose a different target language.",
    "mistake.words": "Enter a whole number of words up to 100 million, such as 1200.",
    "mistake.cost": "Enter an amount with at most two decimal places, such as 99.50.",
    "mistake.currency": "Enter the three letters of a currency, such as EUR.",
}
