"""Projects: the forms of progress and delivery on a request's page."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Response

from reconciler.portal.actions import projects
from reconciler.portal.actions.contacts import AuditValues
from reconciler.portal.pages.context import PageContext, page_context
from reconciler.portal.pages.forms.form import (
    FilledSentence,
    Form,
    Mistakes,
    MistakeSentence,
    SubmittedForm,
)
from reconciler.portal.pages.forms.multipart import (
    UploadForm,
    read_upload_form,
    run_blocking,
)
from reconciler.portal.pages.forms.request_event import submit_event
from reconciler.portal.pages.rendering import Translator, translator
from reconciler.portal.store.unit_of_work import Row, Work

router = APIRouter(prefix="/requests/{id}", include_in_schema=False)
RequestRunner = Annotated[PageContext, page_context("requests.run")]


@router.post("/progress")
def set_progress(context: RequestRunner, id: str, form: SubmittedForm) -> Response:
    """Set how much of the project is done, in percent."""
    return submit_event(
        context,
        id,
        form,
        "progress",
        lambda work, row: projects.progress(work, row, _percent(form)),
    )


@router.post("/deliver")
async def deliver(context: RequestRunner, id: str) -> Response:
    """Deliver files; the form has a file field for each target language."""
    return await run_blocking(_deliver, context, id, await read_upload_form(context))


def _deliver(context: PageContext, id: str, upload_form: UploadForm) -> Response:
    fields = {
        *upload_form.new_uploads,
        *(name.removeprefix("kept_") for name in upload_form.form.values),
    }
    uploads = {
        field: upload_form.uploads(field)
        for field in sorted(fields)
        if field.startswith("files_")
    }
    deliveries = [
        (upload, field.removeprefix("files_"))
        for field, ids in uploads.items()
        for upload in ids
    ]

    def write_action(work: Work, row: Row) -> AuditValues:
        languages = {language for _, language in deliveries}
        mistakes = _undelivered_languages(
            translator(context.language), row, upload_form, languages
        )
        if upload_form.problem:
            raise upload_form.problem
        if mistakes:
            raise Mistakes(mistakes)
        return projects.deliver(work, row, deliveries)

    return submit_event(
        context, id, upload_form.form, "deliver", write_action, pending_uploads=uploads
    )


def _undelivered_languages(
    translate: Translator, row: Row, upload_form: UploadForm, delivered_languages: set[str]
) -> dict[str, MistakeSentence]:
    """Return a mistake for each target language without a file, unless the form confirms it."""
    mistakes: dict[str, MistakeSentence] = {}
    confirmed_languages = upload_form.form.texts("without")
    for tag in row["target_languages"]:
        field = f"files_{tag}"
        if file_mistake := upload_form.file_mistakes.get(field):
            mistakes[field] = file_mistake
        # Confirming every language is not enough: a delivery has at least one file.
        elif tag not in delivered_languages and (
            not delivered_languages or tag not in confirmed_languages
        ):
            mistakes[field] = FilledSentence(
                "mistake.undelivered", {"language": translate.language_name(tag)}
            )
    return mistakes


def _percent(form: Form) -> int:
    text = form.text("progress")
    # `min` and `max` of the field bind browsers, not senders.
    if not re.fullmatch(r"[0-9]{1,3}", text) or int(text) > 100:
        raise Mistakes({"progress": "mistake.progress"})
    return int(text)
