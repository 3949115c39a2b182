"""Forms with files: fields go to memory, files go straight to the vault, both bounded.

The mark of a form stands before its files, so nothing of a foreign or repeated form is stored.
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
from reconciler.portal.pages.context import Visit
from reconciler.portal.pages.forms.form import LONGEST, MOST_FIELDS, Form, checked, once_of
from reconciler.portal.rules.problems import Problem
from reconciler.portal.uploads.vault import HashedFile, IncomingFile, StoredFile, Vault
from reconciler.portal.web.body_budget import body_account_of
from reconciler.portal.web.idempotency import has_stored_answer
from reconciler.portal.web.request_limits import use_file_limits

# Of a whole form, files and all.
MOST_BYTES: Final = 512 * 1024 * 1024

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file of a form: its field, its name, and its bytes in the vault, if they are new."""

    field: str
    name: str
    sha256: str
    kept: StoredFile | None


@dataclass(frozen=True)
class Received:
    """A form, and the uploads of each of its file fields."""

    form: Form
    files: dict[str, list[str]]
    empty: dict[str, list[str]]
    """For each field the names of files that held nothing."""

    def uploads(self, name: str) -> list[str]:
        """Return the uploads of a field: the ticked ones of an earlier attempt, and the new."""
        return [*self.form.all(f"kept_{name}"), *self.files.get(name, [])]


async def received(visit: Visit) -> Received:
    """Return the form with files if it carries the portal's mark."""
    request, store = visit.request, visit.store
    arriving = _Arriving(visit, request, store.vault)
    try:
        await _read(request, arriving)
        form = checked(request, arriving.values, arriving.fingerprint)
    except BaseException:
        _discard(store.vault, arriving.files)
        raise
    return Received(
        form, await run_in_threadpool(_noted, visit, arriving.files), arriving.empty
    )


def _discard(vault: Vault, files: Sequence[Arrived]) -> None:
    for each in files:
        if each.kept:
            vault.discard(each.kept.id)


async def _read(request: Request, arriving: _Arriving) -> None:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise Problem(
            "unsupported-media-type", "a form with files comes as multipart/form-data"
        )
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > MOST_BYTES:
        raise Problem("too-large", f"a form with files has {MOST_BYTES:,} bytes at most")
    use_file_limits(request)
    try:
        callbacks = arriving.callbacks()
        parser = MultipartParser(options[b"boundary"], callbacks)  # type: ignore[arg-type]
    except FormParserError:
        raise Problem("malformed", "this form has a boundary that cannot be read") from None
    with arriving:
        try:
            async for part in request.stream():
                await run_in_threadpool(arriving.feed, parser, part)
        except ClientDisconnect:
            raise Problem("malformed", "the form broke off before its end") from None
        if not arriving.complete:
            raise Problem("malformed", "the form broke off before its end")


def _noted(visit: Visit, files: Sequence[Arrived]) -> dict[str, list[str]]:
    """Return new uploads of the visitor by field; bytes without a row are deleted."""
    vault, written = visit.store.vault, False
    found: dict[str, list[str]] = {}
    try:
        if not any(each.kept for each in files):
            return found
        with write_as(visit.store, visit.grant.principal) as work:
            for each in files:
                if each.kept:
                    uploads.record_upload(work, each.kept, each.name)
                    found.setdefault(each.field, []).append(each.kept.id)
            written = (
                True  # from here on only the database knows: what it did not keep is swept
            )
    finally:
        if not written:
            _discard(vault, files)
    return found


@dataclass
class _Arriving:
    """The parser's callbacks, in the order of the body."""

    visit: Visit
    request: Request
    vault: Vault
    values: dict[str, list[str]] = field(default_factory=dict)
    files: list[Arrived] = field(default_factory=list)
    empty: dict[str, list[str]] = field(default_factory=dict)
    complete: bool = False
    _size: int = 0
    _typed: int = 0
    _parts: int = 0
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _named: tuple[str, str | None] = ("", None)
    _text: bytearray = field(default_factory=bytearray)
    _file: HashedFile | None = None
    _repeated: bool | None = None
    _open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def __enter__(self) -> _Arriving:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def feed(self, parser: MultipartParser, part: bytes) -> None:
        """Parse the next part of the body."""
        self._size += len(part)
        if self._size > MOST_BYTES:
            raise Problem(
                "too-large", f"a form with files has {MOST_BYTES:,} bytes at most"
            )
        try:
            parser.write(part)
        except FormParserError:
            raise Problem("malformed", "this form cannot be read") from None

    @property
    def fingerprint(self) -> str:
        """Return a hash of the form, by which a repeated form is recognised."""
        told = [
            self.request.url.path,
            *(f"{name}={values}" for name, values in sorted(self.values.items())),
        ]
        told += [f"{each.field}:{each.name}:{each.sha256}" for each in self.files]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    def callbacks(self) -> dict[str, Callable[..., None]]:
        """Return the callbacks of the parser."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
            "on_headers_finished": self._on_headers,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self._named, self._text, self._file = ("", None), bytearray(), None
        self._parts += 1
        if self._parts > MOST_FIELDS:
            raise Problem("malformed", f"a form has {MOST_FIELDS} fields at most")

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(self._value.decode("latin-1"))
            file = options.get(b"filename")
            self._named = (
                _plain(options.get(b"name", b"")),
                None if file is None else _plain(file),
            )
        self._header, self._value = bytearray(), bytearray()

    def _on_headers(self) -> None:
        name, file = self._named
        if not name:
            raise Problem("malformed", "a part of this form has no name")
        if file:
            self._may_send_files()
            self._file = (
                HashedFile(self.vault)
                if self._repeated
                else self._open.enter_context(self.vault.incoming())
            )

    def _may_send_files(self) -> None:
        self.request.app.state.csrf.check_form(
            self.request, (self.values.get("mark") or [""])[0]
        )
        if len(self.files) + sum(map(len, self.empty.values())) >= 2 * uploads.MOST_FILES:
            raise Problem(
                "too-large", f"a form brings {2 * uploads.MOST_FILES} files at most"
            )
        if self._repeated is None:
            store, principal = self.visit.store, self.visit.grant.principal
            self._repeated = "once" in self.values and has_stored_answer(
                store, principal, once_of(self.values)
            )
            if not self._repeated:
                uploads.check_room(store, principal)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(data[start:end])
            return
        body_account_of(self.request).add(end - start)
        self._typed += end - start
        if self._typed > LONGEST:
            raise Problem(
                "too-large", f"what is typed into a form has {LONGEST:,} bytes at most"
            )
        self._text += data[start:end]

    def _end(self) -> None:
        name, file = self._named
        if self._file is not None and file:
            if self._file.size:
                kept = self._file.finish() if isinstance(self._file, IncomingFile) else None
                self.files.append(Arrived(name, file, self._file.sha256, kept))
            else:
                self.empty.setdefault(name, []).append(file)
            self._open.close()
        elif file is None:
            self.values.setdefault(name, []).append(_plain(bytes(self._text)))

    def _finish(self) -> None:
        self.complete = True


def _plain(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        raise Problem("malformed", "a form is written in UTF-8") from None


async def off_the_loop(act: Callable[..., Result], *values: Any) -> Result:
    """Return the result of a blocking action without blocking other requests."""
    return await run_in_threadpool(act, *values)
