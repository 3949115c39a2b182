"""Forms with files: fields go to memory, files go straight to the vault, both limited in size.

The CSRF token of a form precedes its files, so no file of a foreign or repeated form is stored.
Complete files become uploads of the visitor even if the rest of the form is wrong: nobody has to
choose them again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool

from reconciler.portal.actions import uploads
from reconciler.portal.actions.sessions import write_as
from reconciler.portal.pages.context import PageContext
from reconciler.portal.pages.forms.form import Form, MistakeSentence, checked_form
from reconciler.portal.pages.forms.multipart_parsing import FormFile, FormParsing, read_body
from reconciler.portal.pages.queries.requests import pending_uploads_of
from reconciler.portal.rules.problems import Problem
from reconciler.portal.uploads.vault import Vault

Result = TypeVar("Result")


@dataclass(frozen=True)
class UploadForm:
    """A form with files: its text fields, and the uploads of each of its file fields."""

    form: Form
    new_uploads: dict[str, list[str]]
    """Ids of uploads, by field."""
    file_mistakes: dict[str, MistakeSentence]
    """What is wrong with a file that was not stored, by field: it is empty or too large."""
    problem: Problem | None
    """Why files were not stored, whatever their field: there is no room for them."""

    def uploads(self, name: str) -> list[str]:
        """Return the ids of a field's uploads: those of earlier attempts, then new ones."""
        # A browser cannot fill in a file field again. So a refused form lists the uploads of the
        # last attempt as checkboxes named `kept_FIELD`.
        return [*self.form.texts(f"kept_{name}"), *self.new_uploads.get(name, [])]

    def has_missing_uploads(self, context: PageContext, name: str) -> bool:
        """Return whether files of an earlier attempt were deleted meanwhile, after a day."""
        ids = self.form.texts(f"kept_{name}")
        with context.store.read() as connection:
            return len(pending_uploads_of(connection, context, ids)) < len(ids)


async def read_upload_form(context: PageContext) -> UploadForm:
    """Return the submitted form with files if its CSRF token is right."""
    request, store = context.request, context.store
    parsing = FormParsing(context, request, store.vault)
    try:
        await read_body(request, parsing)
        form = checked_form(request, parsing.values, parsing.fingerprint)
    except BaseException:  # also a cancelled request: no row refers to the bytes yet
        _discard_files(store.vault, parsing.files)
        raise
    problem, ids = parsing.problem, {}
    try:
        ids = await run_in_threadpool(_record_uploads, context, parsing.files)
    except Problem as no_room:
        if no_room.type in {"unauthenticated", "forbidden"}:
            raise
        problem = no_room
    return UploadForm(form, ids, parsing.file_mistakes, problem)


def _discard_files(vault: Vault, files: Sequence[FormFile]) -> None:
    for file in files:
        if file.stored_file:
            vault.discard(file.stored_file.id)


def _record_uploads(
    context: PageContext, files: Sequence[FormFile]
) -> dict[str, list[str]]:
    """Return the ids of new uploads by field; bytes that get no row are deleted."""
    vault, is_recorded = context.store.vault, False
    ids: dict[str, list[str]] = {}
    try:
        if not any(file.stored_file for file in files):
            return ids
        with write_as(context.store, context.grant.principal) as work:
            for file in files:
                if file.stored_file:
                    uploads.record_upload(work, file.stored_file, file.name)
                    ids.setdefault(file.field, []).append(file.stored_file.id)
            # The commit follows. If it fails, nobody knows whether the rows exist, so the bytes
            # stay; the regular sweep of the vault deletes those without a row.
            is_recorded = True
    finally:
        if not is_recorded:
            _discard_files(vault, files)
    return ids


async def run_blocking(function: Callable[..., Result], *values: Any) -> Result:
    """Return the result of a blocking function without blocking other requests.

    FastAPI runs only `def` routes in a thread; a route with files is `async`, to read its body.
    """
    return await run_in_threadpool(function, *values)
