"""Limits of a portal's answer."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.errors import NotUnderstood


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """The largest snapshot that is read: bytes (decompressed) and rows."""

    # other answers are far smaller; `response_reading` limits them
    bytes: int = 512 * 1024 * 1024
    rows: int = 1_000_000


def answer_too_large(
    host: str, limit: int, unit: str, flag: str | None = None
) -> NotUnderstood:
    """Return the error of an answer that is larger than the limit.

    `unit`: bytes or rows. `flag`: the option that raises the limit, if there is one.
    """
    flag_hint = f"; if the portal really is this large, raise {flag}" if flag else ""
    return NotUnderstood(
        f"{host} sent more than {limit:,} {unit}", f"check the portal's URL{flag_hint}"
    )
