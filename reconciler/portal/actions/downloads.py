"""Downloads: one file of a request, or an archive of several, within the caller's scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import update

from reconciler.portal.actions.row_scope import row_in_scope
from reconciler.portal.actions.uploads import files_of_request
from reconciler.portal.rules.policy import Grant, row_scope_of
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import FileKind
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from reconciler.portal.uploads.archives import Member
from reconciler.portal.uploads.names import distinct_names, neutral_name

File = Mapping[str, Any]


def file_of(store: Store, grant: Grant, request: str, file: str) -> tuple[str, Path]:
    """Return the name and path of one file of a request in the caller's scope."""
    row, files = _files(store, grant, request)
    selected = next((candidate for candidate in files if candidate["id"] == file), None)
    if selected is None:
        raise Problem("not-found", f"there is no file '{file}'")
    _record_download(store, grant, row, [selected])
    return selected["name"], store.vault.existing_path(selected["id"])


def archive_of(
    store: Store, grant: Grant, request: str, kind: str | None
) -> tuple[str, list[Member]]:
    """Return the name and members of an archive: a folder per kind, deliveries by language."""
    row, files = _files(store, grant, request)
    selected = [candidate for candidate in files if kind in {None, candidate["kind"]}]
    if not selected:
        raise Problem(
            "not-found",
            f"request '{request}' has no files" + (f" of kind '{kind}'" if kind else ""),
        )
    names = distinct_names([_path_in_archive(candidate) for candidate in selected])
    members = [
        Member(name, store.vault.existing_path(candidate["id"]), candidate["created_at"])
        for name, candidate in zip(names, selected, strict=True)
    ]
    _record_download(store, grant, row, selected)
    return f"{neutral_name(row['title'])}.zip", members


def _path_in_archive(file: File) -> str:
    folder = f"{file['kind']}/{file['language']}" if file["language"] else file["kind"]
    return f"{folder}/{file['name']}"


def _files(
    store: Store, grant: Grant, request: str
) -> tuple[Mapping[str, Any], list[File]]:
    with store.read() as connection:
        row = row_in_scope(connection, grant, t.requests, request)
        return row, files_of_request(connection, row["id"])


def _record_download(
    store: Store, grant: Grant, request: Mapping[str, Any], files: Sequence[File]
) -> None:
    """Record the first download of a delivery by somebody who may decide; reminders end with it."""
    decides = (
        row_scope_of(grant.principal.kind, "requests.decide") is not None
        and grant.principal.contact is not None
    )
    if (
        not decides
        or request["taken_at"] is not None
        or not any(downloaded["kind"] == FileKind.DELIVERY for downloaded in files)
    ):
        return
    c = t.requests.c
    # the condition again, because two people may download at once: the first time stays
    not_downloaded = update(t.requests).where(c.id == request["id"], c.taken_at.is_(None))
    # without a revision: a download is no change that makes a plan stale
    with store.unversioned() as connection:
        connection.execute(not_downloaded.values(taken_at=store.clock()))
