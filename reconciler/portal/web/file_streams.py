"""File transfers: request bodies into the vault, off the event loop; and files out of it."""

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
from reconciler.portal.uploads.archives import Member, download_headers, zip_stream
from reconciler.portal.uploads.vault import (
    HashedFile,
    IncomingFile,
    StoredFile,
    Vault,
    too_large,
)
from reconciler.portal.web.request_limits import use_file_limits
from reconciler.portal.web.streaming import Source, StreamedResponse

BYTES_TYPE: Final = "application/octet-stream"
# The most bytes of one upload in memory: 25 MiB for 400 slow uploads at once.
_PIECE_SIZE: Final = 64 * 1024
_CHUNK: Final = 64 * 1024
_RANGE: Final = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))", re.ASCII)


def check_length(request: Request, vault: Vault) -> None:
    """Raise a `too-large` problem before the body is read, if its declared length is too large."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > vault.max_bytes:
        raise too_large(vault.max_bytes)


def check_media_type(request: Request) -> None:
    """Raise a problem unless the body is declared as plain bytes."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != BYTES_TYPE:
        raise Problem(
            "unsupported-media-type",
            f"a file must be sent as application/octet-stream, not '{kind}'",
        )
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Problem("unsupported-media-type", "a file must not have a content-encoding")


async def store_body(request: Request, vault: Vault) -> StoredFile:
    """Store the body in the vault; nothing remains if it is too large, too slow or interrupted."""
    with vault.incoming() as incoming:
        await _copy_body(request, incoming)
        return await run_in_threadpool(_finish, incoming)


async def digest_of_body(request: Request, vault: Vault) -> str:
    """Return the SHA-256 of the body without storing it."""
    passing = HashedFile(vault)
    await _copy_body(request, passing)
    return passing.sha256


async def _copy_body(request: Request, file: HashedFile) -> None:
    use_file_limits(request)
    async for part in _pieces(request.stream()):
        await run_in_threadpool(file.write, part)


def _finish(incoming: IncomingFile) -> StoredFile:
    if incoming.size == 0:
        raise Problem("unprocessable", "the file is empty")
    return incoming.finish()


async def _pieces(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the same bytes in pieces large enough to be worth a switch of threads."""
    parts, size = [], 0
    try:
        async for part in stream:
            parts.append(part)
            size += len(part)
            if size >= _PIECE_SIZE:
                yield b"".join(parts)
                parts, size = [], 0
    except ClientDisconnect:
        raise Problem("malformed", "the file ended early") from None
    yield b"".join(parts)


def file_download(request: Request, name: str, path: Path) -> StreamedResponse:
    """Return a response that saves a file under this name."""
    return file_response(request, path, download_headers(name), BYTES_TYPE)


def archive_download(name: str, members: Sequence[Member]) -> StreamedResponse:
    """Return a response that saves the files as one archive."""
    return StreamedResponse(
        nullcontext(
            Source(zip_stream(members), 200, download_headers(name), "application/zip")
        )
    )


def file_response(
    request: Request, path: Path, headers: Mapping[str, str], media_type: str
) -> StreamedResponse:
    """Return the bytes of a file, or one part of them for a `Range` of one part.

    Other ranges are ignored, as RFC 9110, 14.2 allows.
    """
    return StreamedResponse(_open_file(request.headers, path, headers, media_type))


@contextmanager
def _open_file(
    request_headers: Headers, path: Path, headers: Mapping[str, str], media_type: str
) -> Iterator[Source]:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        tag, modified = (
            f'"{status.st_mtime_ns:x}-{status.st_size:x}"',
            formatdate(status.st_mtime, usegmt=True),
        )
        part = parse_range(",".join(request_headers.getlist("range")), status.st_size)
        if request_headers.get("if-range", tag) not in {tag, modified}:
            part = None
        first, end = part or (0, status.st_size)
        response_headers = {
            **headers,
            "Accept-Ranges": "bytes",
            "Content-Length": str(end - first),
            "ETag": tag,
            "Last-Modified": modified,
        }
        if part is not None:
            response_headers["Content-Range"] = f"bytes {first}-{end - 1}/{status.st_size}"
        yield Source(
            _bytes_of(file, first, end), 206 if part else 200, response_headers, media_type
        )


def _bytes_of(file: BinaryIO, first: int, end: int) -> Generator[bytes, None, None]:
    file.seek(first)
    while part := file.read(min(_CHUNK, end - file.tell())):
        yield part


def parse_range(range_header: str, size: int) -> tuple[int, int] | None:
    """Return start and end (exclusive) of the only range in a `Range` header; else None."""
    match = _RANGE.fullmatch(range_header)
    if match is None:
        return None
    first, last, tail = match.groups()
    if tail:
        return (max(size - int(tail), 0), size) if int(tail) else None
    end = min(int(last) + 1, size) if last else size
    return (int(first), end) if int(first) < end else None
