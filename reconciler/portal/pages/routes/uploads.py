"""Files that are stored as soon as they are chosen, before their form is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response

from reconciler.portal.pages.context import PageContext, page_context
from reconciler.portal.pages.forms.form import mistakes_of
from reconciler.portal.pages.forms.multipart import (
    UploadForm,
    read_upload_form,
    run_blocking,
)
from reconciler.portal.pages.queries.requests import pending_uploads_of

router = APIRouter(include_in_schema=False)
Uploader = Annotated[PageContext, page_context("files.upload")]


@router.get("/uploads")
def list_uploads(
    context: Uploader,
    field: Annotated[str, Query(max_length=60, pattern=r"^[A-Za-z0-9_-]*$")] = "",
    ids: Annotated[str, Query(max_length=3000)] = "",
) -> Response:
    """Return the fields of those stored files that the visitor has not sent yet."""
    return _uploads_part(context, field, [id for id in ids.split(",") if id])


@router.post("/uploads")
async def store_uploads(context: Uploader) -> Response:
    """Store the files of one field and return their fields for the form; or say why not."""
    return await run_blocking(_stored_uploads, context, await read_upload_form(context))


def _stored_uploads(context: PageContext, upload_form: UploadForm) -> Response:
    if upload_form.file_mistakes:
        (sentence, *_) = upload_form.file_mistakes.values()
        return context.render("requests/uploads.html", 422, files=[], sentence=sentence)
    if upload_form.problem:
        mistakes = mistakes_of(upload_form.problem)
        return context.render("requests/uploads.html", mistakes=mistakes, files=[])
    (field, ids) = next(iter(upload_form.new_uploads.items()), ("", []))
    return _uploads_part(context, field, ids)


def _uploads_part(context: PageContext, field: str, ids: Sequence[str]) -> Response:
    with context.store.read() as connection:
        files = pending_uploads_of(connection, context, ids)
    return context.render("requests/uploads.html", field=field, files=files)
