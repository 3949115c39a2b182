"""Sentences about the history of a request, its next step, and what waits for the visitor."""

from __future__ import annotations

from typing import Final

from reconciler.portal.i18n.text import Text

TEXTS: Final[dict[str, Text]] = {
    # the keys end in texts that stored history entries contain, so they are never renamed
    "event.POST requests": "Sent",
    "event.PATCH requests": "Corrected by the provider",
    "event.requests/approve": "Quote sent",
    "event.requests/reject": "Request declined",
    "event.requests/accept": "Quote accepted",
    "event.requests/decline": "Quote rejected",
    "event.requests/cancel": "Quote withdrawn",
    "event.requests/revive": "Offered again",
    "event.requests/progress": "Progress reported",
    "event.requests/deliver": "Delivered",
    "event.requests/reassign": "Reassigned",
    "event.requests/count": "Words counted",
    "event.work_moved": "Reassigned with all open work",
    "event.quote_expired": "Quote expired",
    "event.other": "Changed",
    "event.sent-and-quoted": "Sent; the portal made the quote",
    "event.sent-and-begun": "Sent; the project started",
    "event.counted-and-quoted": "Words counted; the portal made the quote",
    "next.title": "What happens next:",
    "next.quote_pending.owner": (
        "A project manager checks the files, counts the words that are not counted yet, and "
        "prepares the quote. You’ll receive an e-mail."
    ),
    "next.quote_pending.watches": (
        "A project manager checks the files and prepares the quote. {owner} will receive an e-mail."
    ),
    "next.quote_pending.provider": (
        "Check the words and the cost, and send the quote. {owner} will receive an e-mail."
    ),
    "next.quote_being_made.owner": (
        "The portal counts the words and prepares the quote. You’ll receive an e-mail."
    ),
    "next.quote_being_made.watches": (
        "The portal counts the words and prepares the quote. {owner} will receive an e-mail."
    ),
    "next.quote_being_made.provider": (
        "The portal counts the words and prepares the quote. You count the files that it cannot "
        "count."
    ),
    "next.quoted.decides": (
        "Accept the quote by {until}, or reject it. Work starts when the quote is accepted."
    ),
    "next.quoted.owner": (
        "The quote could be accepted until {until}. Ask your project manager for a new one."
    ),
    "next.quoted.watches": (
        "{owner} or a manager decides on the quote by {until}. Work starts when the quote is "
        "accepted."
    ),
    "next.quoted.provider": (
        "The customer decides by {until}. The project managers will receive an e-mail."
    ),
    "next.in_progress.owner": (
        "We are translating. You’ll receive an e-mail when the translations are ready."
    ),
    "next.in_progress.watches": (
        "We are translating. {owner} will receive an e-mail when the translations are ready."
    ),
    "next.in_progress.provider": (
        "Report the progress, and deliver a file for each target language. {owner} will then "
        "receive an e-mail."
    ),
    "next.delivered.owner": "Download the translations below.",
    "next.delivered.watches": "The translations can be downloaded below.",
    "next.delivered.provider": (
        "Nothing. {owner} has received an e-mail and can download the translations."
    ),
    "next.cancelled.owner": (
        "Nothing. If you still need the translation, ask your project manager, or send a new "
        "request."
    ),
    "next.cancelled.watches": "Nothing, unless the project manager offers the quote again.",
    "next.cancelled.provider": "Nothing, unless you offer the quote again.",
}
