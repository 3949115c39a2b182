"""Bytes that flow in: from a request's body into the vault, part by part, off the event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from reconciler.portal.api.edge import wait_as_for_a_file
from reconciler.portal.files.vault import Incoming, Kept, Vault, too_large
from reconciler.portal.rules.problems import Problem

_WORTH_WRITING: Final = 256 * 1024


def must_fit(request: Request, vault: Vault) -> None:
    """A `too-large` problem before a byte is read, when the caller says already that there are too many."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > vault.largest:
        raise too_large(vault.largest)


def must_be_bytes(request: Request) -> None:
    """A problem unless the body says that it is bytes of any kind, as they are."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/octet-stream":
        raise Problem("unsupported-media-type", f"a file is sent as application/octet-stream, not '{kind}'")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Problem("unsupported-media-type", "a file is sent as it is, without content-encoding")


async def keep(request: Request, vault: Vault) -> Kept:
    """The body in the vault; nothing of it when it is too large, too slow, or breaks off."""
    wait_as_for_a_file(request)
    with vault.incoming() as incoming:
        async for part in _worth_writing(request.stream()):
            await run_in_threadpool(incoming.write, part)
        return await run_in_threadpool(_finished, incoming)


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
