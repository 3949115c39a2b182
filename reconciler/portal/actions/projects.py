"""Actions on a request in progress: report progress, deliver."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from reconciler.portal.actions import uploads
from reconciler.portal.actions.contacts import AuditValues
from reconciler.portal.actions.notices import mail_owner
from reconciler.portal.actions.requests import change_state
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.requests import next_state
from reconciler.portal.rules.states import FileKind
from reconciler.portal.store.unit_of_work import Row, Work

# An upload id and its target language.
Delivery = tuple[str, str]


def progress(work: Work, request: Row, percent: int) -> AuditValues:
    """Set the progress of the project in percent."""
    return change_state(work, request, "progress", progress=percent)


def deliver(work: Work, request: Row, deliveries: Sequence[Delivery]) -> AuditValues:
    """Deliver the translations and mail the owner. A target language may have no file (A)."""
    next_state("deliver", request["state"])
    if not deliveries:
        raise Problem(
            "unprocessable",
            "'files' is required: a delivery needs at least one file",
            field="files",
        )
    files = uploads.pending_uploads(work, [upload for upload, _ in deliveries])
    by_language = defaultdict(list)
    for file, (_, language) in zip(files, deliveries, strict=True):
        if language not in request["target_languages"]:
            targets = ", ".join(request["target_languages"])
            raise Problem(
                "unprocessable",
                f"'{language}' is not a target language of this request: {targets}",
            )
        by_language[language].append(file)
    for language, delivered_files in by_language.items():
        uploads.attach(work, delivered_files, request, FileKind.DELIVERY, language)
    before, after = change_state(work, request, "deliver")
    mail_owner(work, Wording.DELIVERED, request)
    return before, {**(after or {}), "files": [file["id"] for file in files]}
