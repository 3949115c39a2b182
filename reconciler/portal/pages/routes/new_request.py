"""New requests: a form with files; a refused form keeps what was typed and uploaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from reconciler.portal.actions import requests
from reconciler.portal.actions.offers import orderable_services
from reconciler.portal.actions.request_schemas import RequestFields
from reconciler.portal.actions.uploads import MAX_FILES
from reconciler.portal.pages.context import PageContext, page_context
from reconciler.portal.pages.forms.form import (
    FilledSentence,
    Form,
    Mistakes,
    MistakeSentence,
    missing_fields,
    utc_time,
    validate,
)
from reconciler.portal.pages.forms.multipart import (
    UploadForm,
    read_upload_form,
    run_blocking,
)
from reconciler.portal.pages.languages import is_language_tag
from reconciler.portal.pages.queries.requests import file_limits, pending_uploads_of
from reconciler.portal.pages.queries.rows import RowValues
from reconciler.portal.pages.rendering import translator
from reconciler.portal.pages.routes.requests import ShownCount
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.word_counts import is_counting
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work

router = APIRouter(include_in_schema=False)
RequestSender = Annotated[PageContext, page_context("requests.send")]
FILE_FIELDS: Final = ("files", "reference_files")
# Fields that the actions call by other names than the form does.
FORM_FIELDS: Final = {
    "service": "order",
    "workflow": "order",
    "target_language": "target_languages",
}


@router.get("/requests/new")
def show_new_request(
    context: RequestSender,
    uploaded: Annotated[str, Query(max_length=3000)] = "",
    counting: ShownCount = None,
) -> Response:
    """Return an empty form.

    `uploaded` are the ids of files whose word counts a refused form shows. If it asks again and
    `counting` of them are still being counted, the answer is an empty 204.
    """
    ids = [id for id in uploaded.split(",") if id]
    with context.store.read() as connection:
        files = pending_uploads_of(connection, context, ids) if ids else []
    if counting and counting == sum(map(is_counting, files)):
        return Response(status_code=204)
    return _form_page(
        context,
        pending_uploads={"files": files, "reference_files": []},
        shown_count=counting,
    )


@router.post("/requests")
async def send_request(context: RequestSender) -> Response:
    """Send the request with its files."""
    return await run_blocking(_send_request, context, await read_upload_form(context))


def _send_request(context: PageContext, upload_form: UploadForm) -> Response:
    files, references = (upload_form.uploads(field) for field in FILE_FIELDS)

    def write_action(work: Work) -> str:
        fields = _request_fields(context, upload_form)
        if upload_form.problem:
            raise upload_form.problem
        owner = work.get("contact", context.grant.principal.contact or "")
        row = requests.send(work, owner, fields, files, references)
        work.audit(
            AuditAction.POST_REQUESTS,
            row,
            None,
            {
                **fields,
                "files": files,
                "reference_files": references,
                "state": row["state"],
            },
        )
        return f"/requests/{row.id}"

    def show_again(mistakes: Mistakes) -> Response:
        by_form_field = {
            FORM_FIELDS.get(name, name): sentence
            for name, sentence in mistakes.fields.items()
        }
        return _refused_form_page(
            context,
            upload_form,
            Mistakes(by_form_field, mistakes.problem, mistakes.form_sentence),
        )

    return context.submit(upload_form.form, write_action, show_again, message="sent")


def _request_fields(context: PageContext, upload_form: UploadForm) -> dict[str, Any]:
    """Return the request that the form describes; `order` is `SERVICE|WORKFLOW`."""
    form = upload_form.form
    # One field for both: without a script, choosing a service cannot exchange the workflows.
    service, _, workflow = form.text("order").partition("|")
    deadline = form.text_or_none("deadline")
    fields = {
        "title": form.text("title"),
        "service": service,
        "workflow": workflow,
        "source_language": form.text("source_language"),
        "target_languages": _target_languages(form),
        "deadline": utc_time(deadline) if deadline else None,
        "comment": form.text_or_none("comment")
        and form.text("comment").replace("\r\n", "\n"),
    }
    mistakes = _request_mistakes(context, upload_form, fields)
    return validate(RequestFields, fields, mistakes).model_dump()


def _target_languages(form: Form) -> list[str]:
    """Return the tags of the target languages: ticked ones, or typed with commas and spaces."""
    return [
        tag
        for text in form.texts("target_languages")
        for tag in text.replace(",", " ").split()
    ]


def _request_mistakes(
    context: PageContext, upload_form: UploadForm, fields: Mapping[str, Any]
) -> dict[str, MistakeSentence]:
    """Return the mistakes that the form alone shows, in all its fields.

    The action checks later what the contact may order.
    """
    mistakes = missing_fields(
        upload_form.form, "title", "source_language", "target_languages"
    )
    if not fields["service"] or not fields["workflow"]:
        mistakes["service"] = "mistake.choice"
    source, targets = fields["source_language"], fields["target_languages"]
    translate = translator(context.language)
    for name, tags in (("source_language", [source]), ("target_languages", targets)):
        if unknown := [tag for tag in tags if tag and not is_language_tag(tag)]:
            mistakes[name] = FilledSentence("mistake.language-tag", {"tag": unknown[0]})
    if source and source in targets:
        mistakes["target_languages"] = FilledSentence(
            "mistake.same", {"language": translate.language_name(source)}
        )
    mistakes |= _file_mistakes(context, upload_form)
    # Times of the contract have one format, so their order is that of their texts.
    if fields["deadline"] and fields["deadline"] <= context.store.clock():
        mistakes["deadline"] = "mistake.deadline"
    return mistakes


def _file_mistakes(
    context: PageContext, upload_form: UploadForm
) -> dict[str, MistakeSentence]:
    mistakes: dict[str, MistakeSentence] = {}
    for name in FILE_FIELDS:
        if name in upload_form.file_mistakes:
            mistakes[name] = upload_form.file_mistakes[name]
        elif len(upload_form.uploads(name)) > MAX_FILES:
            limit = {"limit": str(MAX_FILES)}
            mistakes[name] = FilledSentence("mistake.many-files", limit)
        elif upload_form.has_missing_uploads(context, name):
            mistakes[name] = "mistake.files-gone"
    if not upload_form.uploads("files") and upload_form.problem is None:
        mistakes.setdefault("files", "mistake.files")
    return mistakes


def _refused_form_page(
    context: PageContext, upload_form: UploadForm, mistakes: Mistakes
) -> Response:
    form = upload_form.form
    with context.store.read() as connection:
        pending_uploads = {
            field: pending_uploads_of(connection, context, upload_form.uploads(field))
            for field in FILE_FIELDS
        }
    return _form_page(
        context,
        form,
        mistakes,
        pending_uploads=pending_uploads,
    )


def _form_page(
    context: PageContext,
    form: Form | None = None,
    mistakes: Mistakes | None = None,
    *,
    pending_uploads: Mapping[str, Sequence[RowValues]],
    shown_count: int | None = None,
) -> Response:
    with context.store.read() as connection:
        services = orderable_services(connection, context.grant.principal.contact or "")
        languages = connection.execute(t.settings.select()).mappings().one()["languages"]
    return context.render(
        "requests/new.html",
        mistakes=mistakes,
        services=services,
        offered_languages=languages,
        pending_uploads=pending_uploads,
        form=form,
        source_language=form.text("source_language") if form else "",
        target_languages=_target_languages(form) if form else [],
        file_limits=file_limits(context),
        now=context.store.clock(),
        shown_count=shown_count,
    )
