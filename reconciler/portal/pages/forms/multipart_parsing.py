"""The body of a form with files, parsed while it arrives: fields to memory, files to the vault.

A file that cannot be stored is dropped, and the form is read to its end: the page shows it again
with everything that was typed.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from reconciler.portal.actions import uploads
from reconciler.portal.pages.context import PageContext
from reconciler.portal.pages.forms.form import (
    MAX_FIELDS,
    MAX_FORM_BYTES,
    FilledSentence,
    MistakeSentence,
    csrf_token_of,
    idempotency_key_of,
)
from reconciler.portal.rules.problems import Problem
from reconciler.portal.uploads.vault import HashedFile, IncomingFile, StoredFile, Vault
from reconciler.portal.web.body_budget import body_account_of
from reconciler.portal.web.csrf import ExpiredForm
from reconciler.portal.web.idempotency import has_stored_answer
from reconciler.portal.web.request_limits import use_file_limits

# The most bytes of a whole form whose files are stored; further files are dropped.
MAX_BYTES: Final = 512 * 1024 * 1024
# The most bytes of a form that is read to its end.
MAX_READ_BYTES: Final = 4 * MAX_BYTES


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file of a form: its field, its name, its hash, and its bytes in the vault."""

    field: str
    name: str
    sha256: str
    stored_file: StoredFile | None
    """None for a repeated form: the vault has the bytes already."""


async def read_typed_fields(request: Request) -> dict[str, list[str]]:
    """Return the text fields of a form whose files are all dropped."""
    vault = request.app.state.store.vault
    parsing = FormParsing(None, request, vault, problem=Problem("unauthenticated", ""))
    await read_body(request, parsing)
    return parsing.values


async def read_body(request: Request, parsing: FormParsing) -> None:
    """Parse the body of the request; a problem if it is no complete form with files."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise Problem(
            "unsupported-media-type", "a form with files comes as multipart/form-data"
        )
    declared_size = request.headers.get("content-length", "")
    if declared_size.isdigit() and int(declared_size) > MAX_READ_BYTES:
        raise _form_too_large(MAX_READ_BYTES)
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


def _form_too_large(limit: int) -> Problem:
    return Problem("too-large", f"a form with files has {limit:,} bytes at most")


@dataclass
class FormParsing:
    """A form while its body is parsed; the callbacks are in the order of the body."""

    context: PageContext | None
    """None if no file can be stored."""
    request: Request
    vault: Vault
    problem: Problem | None = None
    """Why no further file is stored; None as long as there is room."""
    values: dict[str, list[str]] = field(default_factory=dict)
    files: list[FormFile] = field(default_factory=list)
    file_mistakes: dict[str, MistakeSentence] = field(default_factory=dict)
    is_complete: bool = False
    _size: int = 0
    _text_size: int = 0
    _parts: int = 0
    _file_count: int = 0
    _header_name: bytearray = field(default_factory=bytearray)
    _header_value: bytearray = field(default_factory=bytearray)
    _names: tuple[str, str | None] = ("", None)
    """The names of the current part's field and of its file; None if it is no file."""
    _text: bytearray = field(default_factory=bytearray)
    _file: HashedFile | None = None
    _is_repeated: bool | None = None
    """Whether the form was carried out before; None until its first file."""
    _open_files: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def __enter__(self) -> FormParsing:
        return self

    def __exit__(self, *_: object) -> None:
        self._open_files.close()

    def feed(self, parser: MultipartParser, part: bytes) -> None:
        """Parse the next part of the body."""
        self._size += len(part)
        if self._size > MAX_READ_BYTES:
            raise _form_too_large(MAX_READ_BYTES)
        if self._size > MAX_BYTES:
            self._stop_storing(_form_too_large(MAX_BYTES))
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
                None if file is None else _file_name(_decode(file)),
            )
        self._header_name, self._header_value = bytearray(), bytearray()

    def _on_headers_finished(self) -> None:
        name, file = self._names
        if not name:
            raise Problem("malformed", "a part of this form has no name")
        # A file field without a chosen file comes as a part with an empty file name.
        if not file or self.problem or self.context is None:
            return
        try:
            self._check_file_part(self.context)
            self._file = (
                HashedFile(self.vault)
                if self._is_repeated
                else self._open_files.enter_context(self.vault.incoming())
            )
        except Problem as problem:
            # Forms of other sites are not read any further.
            if problem.type == "forbidden" and not isinstance(problem, ExpiredForm):
                raise
            self._stop_storing(problem)

    def _check_file_part(self, context: PageContext) -> None:
        """Raise a problem unless this form may bring another file."""
        # Before any byte is stored. The hidden fields are first in the form, and browsers send
        # fields in the order of the page.
        self.request.app.state.csrf.check_form(self.request, csrf_token_of(self.values))
        self._file_count += 1
        if self._file_count > 2 * uploads.MAX_FILES:
            raise Problem(
                "too-large", f"a form brings {2 * uploads.MAX_FILES} files at most"
            )
        if self._is_repeated is None:
            store, principal = context.store, context.grant.principal
            # A repeated form has used the room already; its files are only hashed, to compare them.
            self._is_repeated = "once" in self.values and has_stored_answer(
                store, principal, idempotency_key_of(self.values)
            )
            if not self._is_repeated:
                uploads.check_room(store, principal)

    def _stop_storing(self, problem: Problem) -> None:
        """Drop this file and all further ones."""
        self.problem = self.problem or problem
        self._drop_file()

    def _drop_file(self) -> None:
        self._file = None
        self._open_files.close()

    def _write_to_file(self, file: HashedFile, data: bytes) -> None:
        try:
            file.write(data)
        except Problem as problem:
            if problem.type != "too-large":
                self._stop_storing(problem)
                return
            name, limit = self._names[1] or "", self.vault.max_bytes // 1024**2
            self.file_mistakes[self._names[0]] = FilledSentence(
                "mistake.file-too-large", {"name": name, "limit": str(limit)}
            )
            self._drop_file()

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._write_to_file(self._file, data[start:end])
        if self._names[1]:
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
                self.file_mistakes.setdefault(
                    name, FilledSentence("mistake.empty", {"name": file})
                )
            self._open_files.close()
        elif file is None:
            self.values.setdefault(name, []).append(_decode(bytes(self._text)))

    def _on_end(self) -> None:
        self.is_complete = True


def _file_name(text: str) -> str:
    """Return a file name with the characters that browsers escape in the header of its part."""
    # HTML, "multipart/form-data encoding algorithm": only these three.
    return text.replace("%22", '"').replace("%0D", " ").replace("%0A", " ")


def _decode(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        raise Problem("malformed", "a form is written in UTF-8") from None
