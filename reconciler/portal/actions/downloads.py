"""Which bytes somebody may take away: files of a request within reach, one of them or an archive of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import update

from reconciler.portal.actions.row_scope import reached
from reconciler.portal.actions.uploads import of_request
from reconciler.portal.rules.policy import Grant, reach_of
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import FileKind
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from reconciler.portal.uploads.archives import Member
from reconciler.portal.uploads.names import distinct, neutral_name

File = Mapping[str, Any]


def file_of(store: Store, grant: Grant, request: str, file: str) -> tuple[str, Path]:
    """The name and the bytes of one file of a request within reach."""
    row, files = _files(store, grant, request)
    found = next((each for each in files if each["id"] == file), None)
    if found is None:
        raise Problem("not-found", f"there is nothing '{file}'")
    _note_taken(store, grant, row, [found])
    return found["name"], store.vault.there(found["id"])


def archive_of(store: Store, grant: Grant, request: str, kind: str | None) -> tuple[str, list[Member]]:
    """The name of an archive and what is in it: a folder for each kind, deliveries by language."""
    row, files = _files(store, grant, request)
    chosen = [each for each in files if kind in {None, each["kind"]}]
    if not chosen:
        raise Problem("not-found", f"request '{request}' has no files" + (f" of kind '{kind}'" if kind else ""))
    names = distinct([_place(each) for each in chosen])
    members = [
        Member(name, store.vault.there(each["id"]), each["created_at"])
        for name, each in zip(names, chosen, strict=True)
    ]  # fmt: skip
    _note_taken(store, grant, row, chosen)
    return f"{neutral_name(row['title'])}.zip", members


def _place(file: File) -> str:
    folder = f"{file['kind']}/{file['language']}" if file["language"] else file["kind"]
    return f"{folder}/{file['name']}"


def _files(store: Store, grant: Grant, request: str) -> tuple[Mapping[str, Any], list[File]]:
    with store.read() as connection:
        row = reached(connection, grant, t.requests, request)
        return row, of_request(connection, row["id"])


def _note_taken(store: Store, grant: Grant, request: Mapping[str, Any], files: Sequence[File]) -> None:
    """Once somebody who may decide about the request has what was delivered, nobody is reminded of it any more."""
    decides = reach_of(grant.principal.who, "requests.decide") is not None and grant.principal.contact is not None
    if not decides or request["taken_at"] is not None or not any(each["kind"] == FileKind.DELIVERY for each in files):
        return
    c = t.requests.c
    untaken = update(t.requests).where(c.id == request["id"], c.taken_at.is_(None))
    with store.aside() as connection:
        connection.execute(untaken.values(taken_at=store.clock()))
