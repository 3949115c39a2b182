"""The style of a line on a terminal. A style is a value; the printing side chooses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Tone(StrEnum):
    """The meaning of a piece of a line."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"
    ALARM = "alarm"
    QUIET = "quiet"
    STRONG = "strong"


@dataclass(frozen=True, slots=True)
class Style:
    """Terminal codes by tone; a tone without a code stays plain."""

    codes: Mapping[Tone, str] = field(default_factory=dict)

    def paint(self, tone: Tone, text: str) -> str:
        """Return the text in its tone."""
        code = self.codes.get(tone)
        return f"\x1b[{code}m{text}\x1b[0m" if code else text


PLAIN: Final = Style()
COLOR: Final = Style(
    {
        Tone.ADD: "32",
        Tone.CHANGE: "33",
        Tone.REMOVE: "31",
        Tone.ALARM: "1;31",
        Tone.QUIET: "2",
        Tone.STRONG: "1",
    }
)
