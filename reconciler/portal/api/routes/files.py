"""Files: uploads for later requests; downloads of one file or all files of a request."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query, Request, Response
from starlette.concurrency import run_in_threadpool

from reconciler.portal.actions import uploads
from reconciler.portal.actions.choices import OneOf
from reconciler.portal.actions.downloads import archive_of, file_of
from reconciler.portal.actions.row_scope import row_in_scope
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.requests import FilesOfRequest, Upload
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.states import FileKind
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.uploads.vault import StoredFile
from reconciler.portal.web.file_streams import (
    BYTES_TYPE,
    archive_download,
    check_length,
    check_media_type,
    digest_of_body,
    file_download,
    store_body,
)
from reconciler.portal.web.idempotency import (
    WriteResult,
    is_answered,
    replay,
    require_creation,
    write,
)
from reconciler.portal.web.responses import answer
from reconciler.portal.web.security import requires, store_of
from reconciler.portal.web.serialization import as_json
from reconciler.portal.web.streaming import StreamedResponse

router = api_router(tag="files")

DownloadGrant = Annotated[Grant, requires("requests.download")]
Kind = Annotated[str, OneOf(FileKind)]
_BYTES_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            BYTES_TYPE: {"schema": {"type": "string", "format": "binary", "minLength": 1}}
        },
    }
}


# async, so that a slow sender occupies no worker thread
@router.post("/uploads", status_code=201, response_model=Upload, openapi_extra=_BYTES_BODY)
async def upload_file(
    request: Request,
    grant: Annotated[Grant, requires("files.upload")],
    name: Annotated[str, Query(min_length=1, max_length=500)],
) -> Response:
    """Upload a file for one's own request or delivery; unused uploads are deleted after a day.

    Its words are counted afterwards: `GET` it to see the state of the count.
    """
    require_creation(request)
    check_media_type(request)
    vault = store_of(request).vault
    check_length(request, vault)
    # a repeated upload is only hashed, to see that it is the same
    if await run_in_threadpool(is_answered, request, grant):
        sha256 = await digest_of_body(request, vault)
        return await run_in_threadpool(replay, request, grant, sha256.encode())
    await run_in_threadpool(uploads.check_room, store_of(request), grant.principal)
    stored_file = await store_body(request, vault)
    return await run_in_threadpool(_record, request, grant, stored_file, name)


def _record(request: Request, grant: Grant, stored_file: StoredFile, name: str) -> Response:
    """Insert the row of the stored file; discard the bytes unless a new row refers to them."""
    vault, is_new = store_of(request).vault, False

    def write_action(work: Work) -> WriteResult:
        nonlocal is_new
        row = uploads.record_upload(work, stored_file, name)
        is_new = True
        return 201, as_json("upload", row), {}

    try:
        # the hash stands for the body, which is not in memory
        return write(request, grant, stored_file.sha256.encode(), write_action)
    finally:
        if not is_new:
            vault.discard(stored_file.id)


@router.get("/uploads/{id}", response_model=Upload)
def read_upload(
    request: Request, id: str, grant: Annotated[Grant, requires("files.upload")]
) -> Response:
    """Return one's own pending upload and the state of its word count."""
    return answer(
        as_json("upload", uploads.pending_upload(store_of(request), grant.principal, id))
    )


@router.get("/requests/{id}/files", response_model=FilesOfRequest)
def list_files(
    request: Request, id: str, grant: Annotated[Grant, requires("requests.read")]
) -> Response:
    """Return the files of a request: sources, references, deliveries."""
    with store_of(request).read() as connection:
        row = row_in_scope(connection, grant, t.requests, id)
        files = uploads.files_of_request(connection, row["id"])
    return answer({"items": [as_json("file", file) for file in files]})


@router.get(
    "/requests/{id}/files.zip",
    status_code=200,
    response_class=StreamedResponse,
    responses={200: {"content": {"application/zip": {}}, "description": "The archive"}},
)
def download_all(
    request: Request, id: str, grant: DownloadGrant, kind: Kind | None = None
) -> Response:
    """Return all files of a request, or all of one kind, as one archive."""
    return archive_download(*archive_of(store_of(request), grant, id, kind))


@router.get(
    "/requests/{id}/files/{file}",
    status_code=200,
    response_class=StreamedResponse,
    responses={200: {"content": {BYTES_TYPE: {}}, "description": "The bytes"}},
)
def download_file(request: Request, id: str, file: str, grant: DownloadGrant) -> Response:
    """Return one file of a request, always as bytes to save."""
    return file_download(request, *file_of(store_of(request), grant, id, file))
