"""The reading client. It has no method that writes, and planning gets no other client.

An incomplete snapshot (no trailer, another count, another hash, rows that do not fit together) is
an error: if it were read as it is, the missing contacts would look removed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from reconciler.adapters import decoding
from reconciler.adapters.address import Address
from reconciler.adapters.answer_limits import AnswerLimits, answer_too_large
from reconciler.adapters.connection import Budget, ReadingConnection
from reconciler.model.errors import IncompleteAnswer, NotUnderstood
from reconciler.model.live import LiveState
from reconciler.model.portal import Meta

_KINDS: Final[dict[str, Callable[[Any], Any]]] = {
    "settings": decoding.settings,
    "service": decoding.service,
    "customer": decoding.customer,
    "contact": decoding.contact,
    "registration": decoding.registration,
    "request": decoding.request,
}


class PortalReader:
    """Reads the live state of one portal."""

    def __init__(
        self,
        address: Address,
        budget: Budget | None = None,
        limits: AnswerLimits | None = None,
    ) -> None:
        self._connection = ReadingConnection(address, budget)
        self._limits = limits or AnswerLimits()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def meta(self) -> Meta:
        """Return the portal's id, name, version and clock, and the end of the token."""
        answer = self._connection.get("/meta")
        try:
            return Meta(
                str(answer["id"]),
                str(answer["name"]),
                str(answer["version"]),
                str(answer["epoch"]),
                int(answer["revision"]),
                decoding.instant(answer, "now"),
                decoding.end_of_token(answer),
            )
        except (KeyError, TypeError, ValueError):
            raise NotUnderstood(
                "this server is not a customer portal", "check the portal's URL"
            ) from None

    def live_state(self) -> LiveState:
        """Return the complete live state at one revision."""
        with self._connection.stream_lines("/snapshot", self._limits) as lines:
            return _live_state(self._limited(lines))

    def _limited(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the lines; raise `NotUnderstood` beyond the limit of rows."""
        for number, line in enumerate(lines):
            # header and trailer are not rows
            if number > self._limits.rows + 1:
                raise answer_too_large(
                    self._connection.host, self._limits.rows, "rows", "--max-rows"
                )
            yield line


def _live_state(lines: Iterator[bytes]) -> LiveState:
    digest = hashlib.sha256()
    header: dict[str, Any] | None = None
    rows: dict[str, dict[str, Any]] = {kind: {} for kind in _KINDS}
    for line in lines:
        if header is None and not line.startswith(b"{"):
            raise NotUnderstood(
                "this server is not a customer portal", "check the portal's URL"
            )
        row = _row(line)
        kind = row.get("kind")
        if kind == "trailer":
            _check_trailer(row, rows, digest.hexdigest())
            _check_end(lines)
            return _state(header or {}, rows)
        digest.update(line)
        if header is None:
            header = row if kind == "header" else _fail("a snapshot begins with its header")
        # rows of other kinds may come with a newer portal; the digest covers them
        elif kind in _KINDS:
            value = _KINDS[kind](row)
            if value.id in rows[kind]:
                _fail(f"the snapshot has {kind} '{value.id}' twice")
            rows[kind][value.id] = value
    raise IncompleteAnswer("the portal's answer ended before its trailer", "run it again")


def _row(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise IncompleteAnswer(
            "a line of the portal's answer is incomplete", "run it again"
        ) from None
    return (
        row
        if isinstance(row, dict)
        else _fail("a line of the portal's answer is not an object")
    )


def _check_trailer(
    trailer: dict[str, Any], rows: dict[str, dict[str, Any]], digest: str
) -> None:
    counts = {kind: len(values) for kind, values in rows.items()}
    expected_counts = trailer.get("counts")
    if not isinstance(expected_counts, dict) or any(
        expected_counts.get(kind, 0) != count for kind, count in counts.items()
    ):
        raise IncompleteAnswer(
            f"the portal announced {expected_counts}, but sent {counts}", "run it again"
        )
    if trailer.get("sha256") != digest:
        raise IncompleteAnswer(
            "the portal's answer does not have the hash of its trailer", "run it again"
        )


def _check_end(lines: Iterator[bytes]) -> None:
    if next(lines, None) is not None:
        _fail("the snapshot continues after its trailer")


def _state(header: dict[str, Any], rows: dict[str, dict[str, Any]]) -> LiveState:
    if len(rows["settings"]) != 1:
        _fail(f"a portal has one row of settings, not {len(rows['settings'])}")
    for contact in rows["contact"].values():
        if contact.customer_id not in rows["customer"] and (
            contact.living or contact.customer_id
        ):
            _fail(
                f"contact '{contact.id}' belongs to '{contact.customer_id}', which is not a "
                f"customer of the snapshot"
            )
    for request in rows["request"].values():
        if (
            request.owner_id not in rows["contact"]
            or request.customer_id not in rows["customer"]
        ):
            _fail(f"request '{request.id}' has no owner in the snapshot")
    try:
        return LiveState(
            str(header["portal"]),
            str(header["epoch"]),
            int(header["revision"]),
            decoding.instant(header, "now"),
            next(iter(rows["settings"].values())),
            rows["service"],
            rows["customer"],
            {id: row for id, row in rows["contact"].items() if row.customer_id},
            rows["registration"],
            rows["request"],
            str(header.get("head", "")),
        )
    except (KeyError, ValueError, TypeError):
        raise NotUnderstood("the snapshot's header is not complete") from None


def _fail(message: str) -> Any:
    raise NotUnderstood(message)
