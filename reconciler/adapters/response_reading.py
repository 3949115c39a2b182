"""Reading a response of the portal: its bytes, its lines, its JSON, its problem.

In: a response whose body is still to be read. Out: bytes, JSON or an error. Limits of bytes and
seconds apply to all of the body; httpx limits single reads only.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx

from reconciler.adapters.answer_limits import answer_too_large
from reconciler.adapters.decompression import decompress
from reconciler.documents.published_schemas import validator_for
from reconciler.model.errors import (
    BatchRefused,
    LeaseHeld,
    LeaseLost,
    NotAllowed,
    NotUnderstood,
    PortalUnavailable,
    ReconcilerError,
)

MAX_BODY_BYTES: Final = 64 * 1024 * 1024
# One row of a snapshot. The largest customer has thousands of domains and stays far below.
MAX_LINE_BYTES: Final = 16 * 1024 * 1024


class ResponseTooSlow(Exception):
    """The body was still arriving at its deadline."""


def read_body(response: httpx.Response, host: str, timeout_s: float) -> bytes:
    """Return the body; at most `MAX_BODY_BYTES`, and for at most `timeout_s` seconds."""
    return b"".join(_chunks(response, host, MAX_BODY_BYTES, timeout_s))


def read_lines(
    response: httpx.Response, host: str, max_bytes: int, timeout_s: float
) -> Iterator[bytes]:
    """Yield each line of the body as it arrives, with its line feed; the last may have none."""
    parts: list[bytes] = []
    size = 0
    for chunk in _chunks(response, host, max_bytes, timeout_s, "--max-answer-bytes"):
        # the parts of a line are joined once: `line += chunk` would copy a long line many times
        *complete, rest = chunk.split(b"\n")
        for line in complete:
            yield b"".join([*parts, line, b"\n"])
            parts, size = [], 0
        parts.append(rest)
        size += len(rest)
        # a line is parsed at once, so its length is memory
        if size > MAX_LINE_BYTES:
            raise NotUnderstood(f"{host} sent a line of more than {MAX_LINE_BYTES:,} bytes")
    if size:
        yield b"".join(parts)


def _chunks(
    response: httpx.Response,
    host: str,
    max_bytes: int,
    timeout_s: float,
    flag: str | None = None,
) -> Iterator[bytes]:
    """Yield the body as it arrives; `flag` is the option that raises `max_bytes`.

    Errors: `NotUnderstood` beyond `max_bytes`, `ResponseTooSlow` after `timeout_s` seconds.
    """
    size, end = 0, time.monotonic() + timeout_s
    coding = response.headers.get("content-encoding", "identity")
    for chunk in decompress(response.iter_raw(), coding, host):
        size += len(chunk)
        # Compressed bytes count too: empty deflate blocks without end decompress to nothing.
        if max(size, response.num_bytes_downloaded) > max_bytes:
            raise answer_too_large(host, max_bytes, "bytes", flag)
        if time.monotonic() > end:
            raise ResponseTooSlow
        yield chunk


def parse_json(content: bytes, host: str) -> Any:
    """Return the parsed body; `NotUnderstood` if it is not JSON."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):  # deep nesting exhausts the parser's stack
        raise NotUnderstood(f"the answer of {host} is not JSON") from None


def parse_problem(content: bytes) -> dict[str, Any]:
    """Return the problem document of a body (RFC 9457); empty if the body is anything else."""
    # a proxy answers errors with HTML; then only the status says what happened
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return document if validator_for("problem")(document) is None else {}


def response_error(
    response: httpx.Response, problem: Mapping[str, Any], host: str
) -> ReconcilerError:
    """Return the error that an unsuccessful response means."""
    status, type = response.status_code, str(problem.get("type", ""))
    detail = str(problem.get("detail", f"{host} answered {status}"))
    if status in {401, 403}:
        hint = "use a token of a larger scope, or one for this owner"
        return NotAllowed(detail, "check the token" if status == 401 else hint)
    if type == "lease-held" or (status == 409 and "holder" in problem):
        return _lease_held(problem, detail)
    if type in {"lease-fenced", "lease-ended"}:
        return LeaseLost(detail, "run it again")
    if response.is_redirect:
        text = f"{host} answered {status}: redirects are not followed"
        return NotUnderstood(text, "check the portal's URL")
    if status == 413 and response.request.method != "GET":
        return _body_too_large(response, type, detail, host)
    # a write can be refused, for example because a row is newer; a GET fails if the URL is wrong
    if type and status < 500 and response.request.method != "GET":
        return BatchRefused(detail, type, status=status)
    if type and status >= 500:
        trace = problem.get("trace", "?")
        return PortalUnavailable(f"{host} failed: {detail} (trace {trace})")
    return _error_of_status(response, detail, host)


def _body_too_large(
    response: httpx.Response, type: str, detail: str, host: str
) -> BatchRefused:
    """Return the refusal of a write whose body is too large."""
    # usually from a proxy (nginx accepts 1 MiB by default), and then without a problem
    size = len(response.request.content)
    text = detail if type else f"{host} does not accept a body of {size:,} bytes"
    # in the message, because the outcome of a group has no hint
    to_do = "raise the proxy's limit for bodies to 16 MiB (nginx: client_max_body_size)"
    return BatchRefused(f"{text}; {to_do}", type or "too-large", status=413)


def _lease_held(problem: Mapping[str, Any], detail: str) -> LeaseHeld:
    remaining_s = problem.get("expires_in_s")
    return LeaseHeld(
        detail,
        str(problem.get("holder", "?")),
        str(problem.get("run", "?")),
        float(remaining_s) if isinstance(remaining_s, int | float) else 0.0,
    )


def _error_of_status(response: httpx.Response, detail: str, host: str) -> ReconcilerError:
    """Return the error of a response that no problem document explains, or of a failed GET."""
    answer = f"{host} answered {response.status_code}"
    if response.status_code >= 500:
        return PortalUnavailable(f"{answer}: the server failed", "run it again")
    # RFC 9457 requires no member, so a problem may have neither type nor detail
    if detail == answer:
        return NotUnderstood(
            f"{answer} without a problem document", "check the portal's URL"
        )
    return NotUnderstood(f"{answer}: {detail}", "check the portal's URL")
