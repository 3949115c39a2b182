"""Acts on a request in progress: how far it is, and its delivery."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from reconciler.portal.actions import uploads
from reconciler.portal.actions.contacts import Audited
from reconciler.portal.actions.notices import tell_owner
from reconciler.portal.actions.requests import move
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.requests import next_state
from reconciler.portal.rules.states import FileKind
from reconciler.portal.store.unit_of_work import Row, Work

Delivery = tuple[str, str]
"""An upload, and the target language that it is in."""


def progress(work: Work, request: Row, percent: int) -> Audited:
    """The project is so far."""
    return move(work, request, "progress", progress=percent)


def deliver(work: Work, request: Row, deliveries: Sequence[Delivery]) -> Audited:
    """The translations are there; the owner is told. Not every target language needs a file of its own (A)."""
    next_state("deliver", request["state"])
    if not deliveries:
        raise Problem("unprocessable", "'files' is required: nothing is delivered without a file", field="files")
    files = uploads.waiting(work, [upload for upload, _ in deliveries])
    by_language = defaultdict(list)
    for file, (_, language) in zip(files, deliveries, strict=True):
        if language not in request["target_languages"]:
            asked = ", ".join(request["target_languages"])
            raise Problem("unprocessable", f"'{language}' was not asked for: target languages are {asked}")
        by_language[language].append(file)
    for language, some in by_language.items():
        uploads.attach(work, some, request, FileKind.DELIVERY, language)
    before, after = move(work, request, "deliver")
    tell_owner(work, Wording.DELIVERED, request)
    return before, {**(after or {}), "files": [file["id"] for file in files]}
