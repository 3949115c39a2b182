"""Bytes that flow: from a request's body into the vault, part by part, off the event loop; and one file out of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from fastapi import Request
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from reconciler.portal.api.edge import wait_as_for_a_file
from reconciler.portal.files.archives import download_headers
from reconciler.portal.files.vault import Incoming, Kept, Passing, Vault, too_large
from reconciler.portal.rules.problems import Problem

BYTES: Final = "application/octet-stream"
_WORTH_WRITING: Final = 256 * 1024
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


class SavedFile(FileResponse):
    """The bytes of a file, to be saved under a name; of a `Range` that is not one part of them, all of them.

    Ignoring a range is everybody's right (RFC 9110, 14.2), and the framework would refuse it in words of its own.
    """

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(path, 200, download_headers(name), BYTES)
        self.size = path.stat().st_size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file."""
        if not is_part(",".join(Headers(scope=scope).getlist("range")), self.size):
            scope = {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"range"]}
        await super().__call__(scope, receive, send)


def is_part(asked: str, size: int) -> bool:
    """Whether a `Range` asks for one part of so many bytes."""
    found = _RANGE.fullmatch(asked)
    if found is None:
        return False
    first, last, tail = found.groups()
    if tail:
        return int(tail) > 0
    return int(first) < size and (not last or int(first) <= int(last))
