"""Sentences of forms that were not sent yet: stored files, kept text, the way back to a form."""

from __future__ import annotations

from typing import Final

from reconciler.portal.i18n.text import Text

TEXTS: Final[dict[str, Text]] = {
    "draft.note": "What you typed here earlier is filled in. It has not been sent.",
    "draft.discard": "Discard it",
    "resume.title": "Back to your form",
    "resume.lead": "Your form is as you left it. It has not been sent.",
    "resume.do": "Continue",
    "resume.check": (
        "Your session had ended, so this form was not sent. It is as you left it: check it, and "
        "send it again."
    ),
    "login.lapsed.kept": (
        "Your session had ended, so your form was not sent. Log in to return to it: what you typed "
        "is kept."
    ),
    "upload.retry": "Try again",
    "upload.failed": "“{name}” was not uploaded. Check your connection.",
    "upload.lapsed": "Your session has ended. Log in in another window, then try again here.",
    "mistake.file-too-large": (
        "“{name}” is too large: a file can have at most {limit} MB. Nothing else is lost."
    ),
    "mistake.many-files": "Too many files: you can send at most {limit} of one kind.",
    "mistake.files-gone": "Some files were uploaded more than a day ago. Choose them again.",
    "mistake.gone": "Something that you chose no longer exists. Choose again.",
    "mistake.sent-before": (
        "This form was sent before, with other values. If you need both, check it and send it "
        "again."
    ),
}
