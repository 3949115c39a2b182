"""The reading client: all that planning gets of the portal. It has no method that writes.

A snapshot that is not whole (no trailer, another count, another hash, rows that do not fit
together) is a failure, never an emptier portal.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
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
        """Let go of the connection."""
        self._connection.close()

    def meta(self) -> Meta:
        """Which portal this is, and its clock."""
        found = self._connection.get("/meta")
        try:
            return Meta(
                str(found["id"]),
                str(found["name"]),
                str(found["version"]),
                str(found["epoch"]),
                int(found["revision"]),
                decoding.instant(found, "now"),
                decoding.end_of_token(found),
            )
        except (KeyError, TypeError, ValueError):
            raise NotUnderstood(
                "what answers there is not a customer portal", "check the portal's URL"
            ) from None

    def live_state(self) -> LiveState:
        """Everything at one revision, complete."""
        with self._connection.lines("/snapshot", self._limits) as lines:
            return _together(self._bounded(lines))

    def _bounded(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        """Pass the lines on; raise NotUnderstood beyond the limit of rows.

        A header and a trailer are no rows.
        """
        for number, line in enumerate(lines):
            if number > self._limits.rows + 1:
                raise answer_too_large(
                    self._connection.host, self._limits.rows, "rows", "--max-rows"
                )
            yield line


def _together(lines: Iterator[bytes]) -> LiveState:
    digest = hashlib.sha256()
    header: dict[str, Any] | None = None
    rows: dict[str, dict[str, Any]] = {kind: {} for kind in _KINDS}
    for line in lines:
        if header is None and not line.startswith(b"{"):
            raise NotUnderstood(
                "what answers there is not a customer portal", "check the portal's URL"
            )
        row = _row(line)
        kind = row.get("kind")
        if kind == "trailer":
            _complete(row, rows, digest.hexdigest())
            _nothing_after(lines)
            return _state(header or {}, rows)
        digest.update(line)
        if header is None:
            header = row if kind == "header" else _odd("a snapshot begins with its header")
        elif kind in _KINDS:
            value = _KINDS[kind](row)
            if value.id in rows[kind]:
                _odd(f"{kind} '{value.id}' stands twice in the snapshot")
            rows[kind][value.id] = value
    raise IncompleteAnswer("the portal's answer ended before its trailer", "run it again")


def _row(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise IncompleteAnswer(
            "a line of the portal's answer is not whole", "run it again"
        ) from None
    return (
        row if isinstance(row, dict) else _odd("a line of the portal's answer is no object")
    )


def _complete(
    trailer: dict[str, Any], rows: dict[str, dict[str, Any]], digest: str
) -> None:
    counted = Counter({kind: len(found) for kind, found in rows.items()})
    told = trailer.get("counts")
    if not isinstance(told, dict) or any(
        told.get(kind, 0) != counted[kind] for kind in rows
    ):
        raise IncompleteAnswer(
            f"the portal counted {told}, but sent {dict(counted)}", "run it again"
        )
    if trailer.get("sha256") != digest:
        raise IncompleteAnswer(
            "the portal's answer is not the one it signed in its trailer", "run it again"
        )


def _nothing_after(lines: Iterator[bytes]) -> None:
    if next(lines, None) is not None:
        _odd("something stands after the trailer")


def _state(header: dict[str, Any], rows: dict[str, dict[str, Any]]) -> LiveState:
    if len(rows["settings"]) != 1:
        _odd(f"a portal has one row of settings, not {len(rows['settings'])}")
    for contact in rows["contact"].values():
        if contact.customer_id not in rows["customer"] and (
            contact.living or contact.customer_id
        ):
            _odd(
                f"contact '{contact.id}' belongs to '{contact.customer_id}', which is no customer"
            )
    for request in rows["request"].values():
        if (
            request.owner_id not in rows["contact"]
            or request.customer_id not in rows["customer"]
        ):
            _odd(f"request '{request.id}' belongs to nobody")
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


def _odd(message: str) -> Any:
    raise NotUnderstood(message)
