"""Bytes that flow: from a request's body into the vault, part by part, off the event loop; and files out of it."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from email.utils import formatdate
from pathlib import Path
from typing import BinaryIO, Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect

from reconciler.portal.rules.problems import Problem
from reconciler.portal.uploads.archives import Member, download_headers, zipped
from reconciler.portal.uploads.vault import Incoming, Kept, Passing, Vault, too_large
from reconciler.portal.web.request_limits import wait_as_for_a_file
from reconciler.portal.web.streaming import Source, Streamed

BYTES: Final = "application/octet-stream"
_WORTH_WRITING: Final = 64 * 1024
"""Bytes of one upload that wait in memory, at most: of 400 slow ones at once they are 25 MiB."""
_SENT_AT_ONCE: Final = 64 * 1024
_RANGE: Final = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))", re.ASCII)


def must_fit(request: Request, vault: Vault) -> None:
    """A `too-large` problem before a byte is read, when the caller says already that there are too many."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > vault.largest:
        raise too_large(vault.largest)


def must_be_bytes(request: Request) -> None:
    """A problem unless the body says that it is bytes of any kind, as they are."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != BYTES:
        raise Problem("unsupported-media-type", f"a file is sent as application/octet-stream, not '{kind}'")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Problem("unsupported-media-type", "a file is sent as it is, without content-encoding")


async def keep(request: Request, vault: Vault) -> Kept:
    """The body in the vault; nothing of it when it is too large, too slow, or breaks off."""
    with vault.incoming() as incoming:
        await _pour(request, incoming)
        return await run_in_threadpool(_finished, incoming)


async def digest(request: Request, vault: Vault) -> str:
    """The SHA-256 of the body, of which nothing is kept."""
    passing = Passing(vault)
    await _pour(request, passing)
    return passing.sha256


async def _pour(request: Request, file: Passing) -> None:
    wait_as_for_a_file(request)
    async for part in _worth_writing(request.stream()):
        await run_in_threadpool(file.write, part)


def _finished(incoming: Incoming) -> Kept:
    if incoming.size == 0:
        raise Problem("unprocessable", "a file has at least one byte")
    return incoming.finish()


async def _worth_writing(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in pieces that are worth a change of threads."""
    parts, size = [], 0
    try:
        async for part in stream:
            parts.append(part)
            size += len(part)
            if size >= _WORTH_WRITING:
                yield b"".join(parts)
                parts, size = [], 0
    except ClientDisconnect:
        raise Problem("malformed", "the file broke off before its end") from None
    yield b"".join(parts)


def saved_file(request: Request, name: str, path: Path) -> Streamed:
    """The bytes of a file, to be saved under a name."""
    return file_answer(request, path, download_headers(name), BYTES)


def saved_archive(name: str, members: Sequence[Member]) -> Streamed:
    """The files as one archive, to be saved under a name."""
    return Streamed(nullcontext(Source(zipped(members), 200, download_headers(name), "application/zip")))


def file_answer(request: Request, path: Path, headers: Mapping[str, str], media_type: str) -> Streamed:
    """The bytes of a file; of a `Range` that is one part of them, that part, and of any other, all of them.

    Ignoring a range is everybody's right (RFC 9110, 14.2).
    """
    return Streamed(_open_file(request.headers, path, headers, media_type))


@contextmanager
def _open_file(asked: Headers, path: Path, headers: Mapping[str, str], media_type: str) -> Iterator[Source]:
    with path.open("rb") as file:
        about = os.fstat(file.fileno())
        tag, modified = f'"{about.st_mtime_ns:x}-{about.st_size:x}"', formatdate(about.st_mtime, usegmt=True)
        part = part_of(",".join(asked.getlist("range")), about.st_size)
        if asked.get("if-range", tag) not in {tag, modified}:
            part = None
        first, end = part or (0, about.st_size)
        described = {
            **headers, "Accept-Ranges": "bytes", "Content-Length": str(end - first), "ETag": tag, "Last-Modified": modified,
        }  # fmt: skip
        if part is not None:
            described["Content-Range"] = f"bytes {first}-{end - 1}/{about.st_size}"
        yield Source(_bytes_of(file, first, end), 206 if part else 200, described, media_type)


def _bytes_of(file: BinaryIO, first: int, end: int) -> Generator[bytes, None, None]:
    file.seek(first)
    while part := file.read(min(_SENT_AT_ONCE, end - file.tell())):
        yield part


def part_of(asked: str, size: int) -> tuple[int, int] | None:
    """Beginning and end (exclusive) of the one part of so many bytes that a `Range` asks for; None: it asks for none."""
    found = _RANGE.fullmatch(asked)
    if found is None:
        return None
    first, last, tail = found.groups()
    if tail:
        return (max(size - int(tail), 0), size) if int(tail) else None
    end = min(int(last) + 1, size) if last else size
    return (int(first), end) if int(first) < end else None
