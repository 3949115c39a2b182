"""Taking files away: one, or all of a request as an archive."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from reconciler.portal.actions.choices import OneOf
from reconciler.portal.actions.downloads import archive_of, file_of
from reconciler.portal.pages.context import Visit, visits
from reconciler.portal.rules.states import FileKind
from reconciler.portal.web.file_streams import archive_download, file_download

router = APIRouter(prefix="/requests/{id}", include_in_schema=False)
Takes = Annotated[Visit, visits("requests.download")]


@router.get("/files.zip")
def take_all(
    visit: Takes, id: str, kind: Annotated[str, OneOf(FileKind)] | None = None
) -> Response:
    """All files, or all of one kind."""
    return archive_download(*archive_of(visit.store, visit.grant, id, kind))


@router.get("/files/{file}")
def take_one(visit: Takes, id: str, file: str) -> Response:
    """One file, as bytes to be saved."""
    return file_download(visit.request, *file_of(visit.store, visit.grant, id, file))
