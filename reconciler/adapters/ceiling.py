"""How much of a portal's answer is read: what goes on beyond it is cut off."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.errors import NotUnderstood


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most bytes (decompressed) and rows of a snapshot. No other answer is nearly as large."""

    bytes: int = 512 * 1024 * 1024
    rows: int = 1_000_000


def too_much(host: str, most: int, what: str, flag: str | None = None) -> NotUnderstood:
    """The failure of an answer of more than so many bytes or rows; `flag`: what raises the number."""
    more = f"; if the portal really is this large, raise {flag}" if flag else ""
    return NotUnderstood(f"{host} sent more than {most:,} {what}", f"check the portal's URL{more}")
