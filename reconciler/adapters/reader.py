"""The reading client. It has no method that writes, and planning gets no other client.

An incomplete snapshot (no trailer, another count, another hash, rows that do not fit together) is
an error: if it were read as it is, the missing contacts would look removed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn

from reconciler.adapters import decoding
from reconciler.adapters.address import Address
from reconciler.adapters.answer_limits import AnswerLimits, answer_too_large
from reconciler.adapters.budget import Budget, Listener
from reconciler.adapters.connection import ReadingConnection
from reconciler.model.errors import IncompleteAnswer, NotUnderstood
from reconciler.model.live import LiveState
from reconciler.model.portal import Meta

# A person who waits needs no more than a few numbers a second.
_COUNTED_ROWS: Final = 1000
_DECODERS: Final[dict[str, Callable[[Any], Any]]] = {
    "settings": decoding.settings,
    "service": decoding.service,
    "customer": decoding.customer,
    "contact": decoding.contact,
    "registration": decoding.registration,
    "request": decoding.request,
    "former_key": decoding.former_key,
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
        """Return the portal's id, name, version and clock, and the caller's token."""
        answer = self._connection.get("/meta")
        try:
            return Meta(
                str(answer["id"]),
                str(answer["name"]),
                str(answer["version"]),
                str(answer["epoch"]),
                int(answer["revision"]),
                decoding.instant(answer, "now"),
                decoding.own_token(answer),
            )
        except (KeyError, TypeError, ValueError):
            raise NotUnderstood(
                "this server is not a customer portal", "check the portal's URL"
            ) from None

    def live_state(self) -> LiveState:
        """Return the complete live state at one revision."""
        with self._connection.stream_lines("/snapshot", self._limits) as lines:
            return _read_snapshot(self._limit_rows(lines), self._connection.budget.listener)

    def _limit_rows(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the lines; raise `NotUnderstood` beyond the limit of rows."""
        for number, line in enumerate(lines):
            # header and trailer are not rows
            if number > self._limits.rows + 1:
                raise answer_too_large(
                    self._connection.host, self._limits.rows, "rows", "--max-rows"
                )
            yield line


def _read_snapshot(lines: Iterator[bytes], listener: Listener) -> LiveState:
    # of the bytes as sent: the same JSON can be written in several ways
    digest = hashlib.sha256()
    header: dict[str, Any] | None = None
    rows: dict[str, dict[str, Any]] = {kind: {} for kind in _DECODERS}
    for number, line in enumerate(lines):
        if number % _COUNTED_ROWS == 0 and header is not None:
            listener.count(number, _total(header))
        if header is None and not line.startswith(b"{"):
            raise NotUnderstood(
                "this server is not a customer portal", "check the portal's URL"
            )
        row = _parse_row(line)
        kind = row.get("kind")
        if kind == "trailer":
            _check_trailer(row, rows, digest.hexdigest())
            _check_end(lines)
            return _build_state(header or {}, rows)
        digest.update(line)
        if header is None:
            if kind != "header":
                _fail("a snapshot begins with its header")
            header = row
        # a newer portal may send rows of other kinds; they are in the digest and otherwise skipped
        elif kind in _DECODERS:
            value = _DECODERS[kind](row)
            if value.id in rows[kind]:
                _fail(f"the snapshot has {kind} '{value.id}' twice")
            rows[kind][value.id] = value
    raise IncompleteAnswer("the portal's answer ended before its trailer", "run it again")


def _total(header: dict[str, Any]) -> int | None:
    """Return the number of rows that the portal announces; a portal need not."""
    total = header.get("rows")
    return total if isinstance(total, int) and total > 0 else None


def _parse_row(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise IncompleteAnswer(
            "a line of the portal's answer is incomplete", "run it again"
        ) from None
    if not isinstance(row, dict):
        _fail("a line of the portal's answer is not an object")
    return row


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
    # no hash covers these lines
    if next(lines, None) is not None:
        _fail("the snapshot continues after its trailer")


def _build_state(header: dict[str, Any], rows: dict[str, dict[str, Any]]) -> LiveState:
    if len(rows["settings"]) != 1:
        _fail(f"a portal has one row of settings, not {len(rows['settings'])}")
    for contact in rows["contact"].values():
        # only a tombstone may lack a customer
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
            # no file can name a tombstone without customer
            {id: row for id, row in rows["contact"].items() if row.customer_id},
            rows["registration"],
            rows["request"],
            str(header.get("head", "")),
            frozenset(rows["former_key"].values()),
            frozenset(
                row.registration for row in rows["contact"].values() if row.registration
            ),
        )
    except (KeyError, ValueError, TypeError):
        raise NotUnderstood("the snapshot's header is not complete") from None


def _fail(message: str) -> NoReturn:
    raise NotUnderstood(message)
