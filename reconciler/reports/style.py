"""How a line looks on a terminal. A style is a value; whoever prints decides which one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Tone(StrEnum):
    """What a piece of a line is to the eye."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"
    ALARM = "alarm"
    QUIET = "quiet"
    STRONG = "strong"


@dataclass(frozen=True, slots=True)
class Style:
    """Terminal codes by tone; a tone without a code is left as it is."""

    codes: Mapping[Tone, str] = field(default_factory=dict)

    def paint(self, tone: Tone, text: str) -> str:
        """The text in its tone."""
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
