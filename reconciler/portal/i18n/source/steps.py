"""Sentences about the history of a request, its next step, and what waits for the visitor."""

from __future__ import annotations

from typing import Final

from reconciler.portal.i18n.text import Text

TEXTS: Final[dict[str, Text]] = {
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
    "event.work_moved": "Handed over with all open work",
    "event.quote_expired": "Quote expired",
    "event.other": "Changed",
    "next.title": "What happens next:",
    "next.quote_pending.owner": (
        "A project manager looks at the files, counts what is not counted and makes the quote. You get a mail."
    ),
    "next.quote_pending.watches": ("A project manager looks at the files and makes the quote. {owner} gets a mail."),
    "next.quote_pending.provider": ("Check the words and the cost, and send the quote. {owner} gets a mail."),
    "next.quote_being_made.owner": ("The portal counts the words and makes the quote. You get a mail."),
    "next.quote_being_made.watches": ("The portal counts the words and makes the quote. {owner} gets a mail."),
    "next.quote_being_made.provider": (
        "The portal counts the words and makes the quote. You will have to count the files that it cannot count."
    ),
    "next.quoted.decides": ("Accept the quote until {until}, or reject it. Work begins when it is accepted."),
    "next.quoted.owner": ("The quote could be accepted until {until}. Ask your project manager for a new one."),
    "next.quoted.watches": (
        "{owner} or a manager decides on the quote until {until}. Work begins when it is accepted."
    ),
    "next.quoted.provider": "The customer decides until {until}. The project managers get a mail.",
    "next.in_progress.owner": "We translate. You get a mail when the translations are here.",
    "next.in_progress.watches": "We translate. {owner} gets a mail when the translations are here.",
    "next.in_progress.provider": (
        "Report the progress, and deliver a file for each target language. {owner} gets a mail then."
    ),
    "next.delivered.owner": "Download the translations below.",
    "next.delivered.watches": "The translations can be downloaded below.",
    "next.delivered.provider": ("Nothing more: {owner} got a mail and can download the translations."),
    "next.cancelled.owner": (
        "Nothing more. If you still need the translation, ask your project manager, or send a new request."
    ),
    "next.cancelled.watches": "Nothing more, unless the project manager quotes it again.",
    "next.cancelled.provider": "Nothing more, unless you quote it again.",
}
