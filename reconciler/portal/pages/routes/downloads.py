"""Downloads of a request's files: one of them, or all as an archive."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from reconciler.portal.actions.choices import OneOf
from reconciler.portal.actions.downloads import archive_of, file_of
from reconciler.portal.pages.context import PageContext, page_context
from reconciler.portal.rules.states import FileKind
from reconciler.portal.web.file_streams import archive_download, file_download

router = APIRouter(prefix="/requests/{id}", include_in_schema=False)
RequestDownloader = Annotated[PageContext, page_context("requests.download")]


@router.get("/files.zip")
def download_archive(
    context: RequestDownloader, id: str, kind: Annotated[str, OneOf(FileKind)] | None = None
) -> Response:
    """Return all files of the request, or all of one kind, as a ZIP archive."""
    return archive_download(*archive_of(context.store, context.grant, id, kind))


@router.get("/files/{file}")
def download_file(context: RequestDownloader, id: str, file: str) -> Response:
    """Return one file, to be saved and never to be shown by the browser."""
    return file_download(context.request, *file_of(context.store, context.grant, id, file))
