"""Forms with files: fields go to memory, files go straight to the vault, both limited in size.

The CSRF token of a form precedes its files, so no file of a foreign or repeated form is stored.
Complete files become uploads of the visitor even if the rest of the form is wrong: nobody has to
choose them again.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from reconciler.portal.actions import uploads
from reconciler.portal.actions.sessions import write_as
from reconciler.portal.pages.context import PageContext
from reconciler.portal.pages.forms.form import (
    MAX_FIELDS,
    MAX_FORM_BYTES,
    Form,
    checked_form,
    csrf_token_of,
    idempotency_key_of,
)
from reconciler.portal.rules.problems import Problem
from reconciler.portal.uploads.vault import HashedFile, IncomingFile, StoredFile, Vault
from reconciler.portal.web.body_budget import body_account_of
from reconciler.portal.web.idempotency import has_stored_answer
from reconciler.portal.web.request_limits import use_file_limits

# The most bytes of a whole form, with its files.
MAX_BYTES: Final = 512 * 1024 * 1024

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file of a form: its field, its name, its hash, and its bytes in the vault."""

    field: str
    name: str
    sha256: str
    stored_file: StoredFile | None
    """None for a repeated form: the vault has the bytes already."""


@dataclass(frozen=True)
class UploadForm:
    """A form with files: its text fields, and the uploads of each of its file fields."""

    form: Form
    new_uploads: dict[str, list[str]]
    """Ids of uploads, by field."""
    empty_files: dict[str, list[str]]
    """Names of files without any bytes, by field."""

    def uploads(self, name: str) -> list[str]:
        """Return the ids of a field's uploads: those of earlier attempts, then new ones."""
        # A browser cannot fill in a file field again. So a refused form lists the uploads of the
        # last attempt as checkboxes named `kept_FIELD`.
        return [*self.form.texts(f"kept_{name}"), *self.new_uploads.get(name, [])]


async def read_upload_form(context: PageContext) -> UploadForm:
    """Return the submitted form with files if its CSRF token is right."""
    request, store = context.request, context.store
    parsing = _FormParsing(context, request, store.vault)
    try:
        await _read_body(request, parsing)
        form = checked_form(request, parsing.values, parsing.fingerprint)
    except BaseException:  # also a cancelled request: no row refers to the bytes yet
        _discard_files(store.vault, parsing.files)
        raise
    return UploadForm(
        form,
        await run_in_threadpool(_record_uploads, context, parsing.files),
        parsing.empty_files,
    )


def _discard_files(vault: Vault, files: Sequence[FormFile]) -> None:
    for file in files:
        if file.stored_file:
            vault.discard(file.stored_file.id)


async def _read_body(request: Request, parsing: _FormParsing) -> None:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise Problem(
            "unsupported-media-type", "a form with files comes as multipart/form-data"
        )
    declared_size = request.headers.get("content-length", "")
    if declared_size.isdigit() and int(declared_size) > MAX_BYTES:
        raise Problem("too-large", f"a form with files has {MAX_BYTES:,} bytes at most")
    use_file_limits(request)
    try:
        callbacks = parsing.callbacks()
        parser = MultipartParser(options[b"boundary"], callbacks)  # type: ignore[arg-type]
    except FormParserError:
        raise Problem("malformed", "this form has a boundary that cannot be read") from None
    with parsing:
        try:
            async for part in request.stream():
                await run_in_threadpool(parsing.feed, parser, part)
        except ClientDisconnect:
            raise Problem("malformed", "the form broke off before its end") from None
        if not parsing.is_complete:
            raise Problem("malformed", "the form broke off before its end")


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


@dataclass
class _FormParsing:
    """A form while its body is parsed; the callbacks are in the order of the body."""

    context: PageContext
    request: Request
    vault: Vault
    values: dict[str, list[str]] = field(default_factory=dict)
    files: list[FormFile] = field(default_factory=list)
    empty_files: dict[str, list[str]] = field(default_factory=dict)
    is_complete: bool = False
    _size: int = 0
    _text_size: int = 0
    _parts: int = 0
    _header_name: bytearray = field(default_factory=bytearray)
    _header_value: bytearray = field(default_factory=bytearray)
    _names: tuple[str, str | None] = ("", None)
    """The names of the current part's field and of its file; None if it is no file."""
    _text: bytearray = field(default_factory=bytearray)
    _file: HashedFile | None = None
    _is_repeated: bool | None = None
    """Whether the form was carried out before; None until its first file."""
    _open_files: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def __enter__(self) -> _FormParsing:
        return self

    def __exit__(self, *_: object) -> None:
        self._open_files.close()

    def feed(self, parser: MultipartParser, part: bytes) -> None:
        """Parse the next part of the body."""
        self._size += len(part)
        if self._size > MAX_BYTES:
            raise Problem("too-large", f"a form with files has {MAX_BYTES:,} bytes at most")
        try:
            parser.write(part)
        except FormParserError:
            raise Problem("malformed", "this form cannot be read") from None

    @property
    def fingerprint(self) -> str:
        """The hash of the form, by which a repeated form is recognised."""
        # Not of the body: each time a form is sent, the browser invents another boundary.
        lines = [
            self.request.url.path,
            *(f"{name}={values}" for name, values in sorted(self.values.items())),
        ]
        lines += [f"{file.field}:{file.name}:{file.sha256}" for file in self.files]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def callbacks(self) -> dict[str, Callable[..., None]]:
        """Return the callbacks of the parser."""
        return {
            "on_part_begin": self._on_part_begin,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }

    def _on_part_begin(self) -> None:
        self._names, self._text, self._file = ("", None), bytearray(), None
        self._parts += 1
        if self._parts > MAX_FIELDS:
            raise Problem("malformed", f"a form has {MAX_FIELDS} fields at most")

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            # Browsers write names in UTF-8. latin-1 keeps every byte for `_decode` to judge.
            _, options = parse_options_header(self._header_value.decode("latin-1"))
            file = options.get(b"filename")
            self._names = (
                _decode(options.get(b"name", b"")),
                None if file is None else _decode(file),
            )
        self._header_name, self._header_value = bytearray(), bytearray()

    def _on_headers_finished(self) -> None:
        name, file = self._names
        if not name:
            raise Problem("malformed", "a part of this form has no name")
        # A file field without a chosen file comes as a part with an empty file name.
        if file:
            self._check_file_part()
            self._file = (
                HashedFile(self.vault)
                if self._is_repeated
                else self._open_files.enter_context(self.vault.incoming())
            )

    def _check_file_part(self) -> None:
        """Raise a problem unless this form may bring another file."""
        # Before any byte is stored. The hidden fields are first in the form, and browsers send
        # fields in the order of the page.
        self.request.app.state.csrf.check_form(self.request, csrf_token_of(self.values))
        count = len(self.files) + sum(map(len, self.empty_files.values()))
        if count >= 2 * uploads.MAX_FILES:
            raise Problem(
                "too-large", f"a form brings {2 * uploads.MAX_FILES} files at most"
            )
        if self._is_repeated is None:
            store, principal = self.context.store, self.context.grant.principal
            # A repeated form has used the room already; its files are only hashed, to compare them.
            self._is_repeated = "once" in self.values and has_stored_answer(
                store, principal, idempotency_key_of(self.values)
            )
            if not self._is_repeated:
                uploads.check_room(store, principal)

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(data[start:end])
            return
        body_account_of(self.request).add(end - start)
        self._text_size += end - start
        if self._text_size > MAX_FORM_BYTES:
            raise Problem(
                "too-large",
                f"what is typed into a form has {MAX_FORM_BYTES:,} bytes at most",
            )
        self._text += data[start:end]

    def _on_part_end(self) -> None:
        name, file = self._names
        if self._file is not None and file:
            if self._file.size:
                stored_file = (
                    self._file.finish() if isinstance(self._file, IncomingFile) else None
                )
                self.files.append(FormFile(name, file, self._file.sha256, stored_file))
            else:
                self.empty_files.setdefault(name, []).append(file)
            self._open_files.close()
        elif file is None:
            self.values.setdefault(name, []).append(_decode(bytes(self._text)))

    def _on_end(self) -> None:
        self.is_complete = True


def _decode(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        raise Problem("malformed", "a form is written in UTF-8") from None


async def run_blocking(function: Callable[..., Result], *values: Any) -> Result:
    """Return the result of a blocking function without blocking other requests.

    FastAPI runs only `def` routes in a thread; a route with files is `async`, to read its body.
    """
    return await run_in_threadpool(function, *values)
