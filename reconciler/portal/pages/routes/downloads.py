"""Taking files away: one, or all of a request as an archive."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from starlette.responses import StreamingResponse

from reconciler.portal.acts.choices import OneOf
from reconciler.portal.acts.downloads import archive_of, file_of
from reconciler.portal.api.streams import SavedFile
from reconciler.portal.files.archives import download_headers, zipped
from reconciler.portal.pages.visit import Visit, visits
from reconciler.portal.rules.states import FileKind

router = APIRouter(prefix="/requests/{id}", include_in_schema=False)
Takes = Annotated[Visit, visits("requests.download")]


@router.get("/files.zip")
def take_all(visit: Takes, id: str, kind: Annotated[str, OneOf(FileKind)] | None = None) -> Response:
    """All files, or all of one kind."""
    name, members = archive_of(visit.store, visit.grant, id, kind)
    return StreamingResponse(zipped(members), 200, download_headers(name), "application/zip")


@router.get("/files/{file}")
def take_one(visit: Takes, id: str, file: str) -> Response:
    """One file, as bytes to be saved."""
    name, path = file_of(visit.store, visit.grant, id, file)
    return SavedFile(name, path)
