"""Charts: values in, SVG out.

Lengths are percentages of the frame; letters are not: a chart is as wide as its frame, and its text
stays as large as the text around it. A chart has a name and a description for screen readers and a
table beside it. It has nothing inline that the policy of the pages forbids: `portal.css` styles it.
In a narrow frame, horizontal bars replace the columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

from markupsafe import Markup

_TOP: Final = 28
_HEIGHT: Final = 220
_FOOT: Final = 44
# The most of the room, in percent, that one column takes.
_WIDEST: Final = 9.0
# With more columns than these there is no room for every label, nor for a value over each.
_CROWD: Final = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One value: its label, its value as text, and a full description."""

    label: str
    value: float
    shown: str
    told: str
    second: str = ""
    """A second line of the label, such as a year."""


def columns(
    bars: Sequence[Bar],
    id: str,
    title: str,
    description: str,
    number: Callable[[float], str],
) -> Markup:
    """Return columns over a scale of round numbers; `number` formats them for the reader.

    The scale stands left of the picture, in a margin that the styles leave. The same values
    follow as horizontal bars for a narrow frame; `portal.css` shows one of the two.
    """
    steps = scale(max((bar.value for bar in bars), default=0))
    top = steps[-1]
    lines = [
        Markup(
            '<line class="grid" x1="0" x2="100%" y1="{}" y2="{}"/><text class="scale" x="-8" '
            'y="{}">{}</text>'
        ).format(_at(step, top), _at(step, top), _at(step, top) + 4, number(step))
        for step in steps
    ]
    drawn = [_column(bar, place, len(bars), top) for place, bar in enumerate(bars)]
    upright = Markup(
        '<svg class="plot upright" height="{}" role="img" aria-labelledby="{}-title {}-told">'
        '<title id="{}-title">{}</title><desc id="{}-told">{}</desc>{}{}</svg>'
    ).format(
        _TOP + _HEIGHT + _FOOT,
        id,
        id,
        id,
        title,
        id,
        description,
        Markup("").join(lines),
        Markup("").join(drawn),
    )
    return upright + rows(bars, title, kind="lying")


def _column(bar: Bar, place: int, count: int, top: float) -> Markup:
    width = 100 / count
    y, thick, middle = (
        _at(bar.value, top),
        min(_WIDEST, width * 0.66),
        _round(width * (place + 0.5)),
    )
    drawn = (
        Markup('<rect class="bar" x="{}%" y="{}" width="{}%" height="{}" rx="3"/>').format(
            _round(middle - thick / 2), y, _round(thick), _round(_TOP + _HEIGHT - y)
        )
        if bar.value
        else Markup("")
    )
    crowded = count > _CROWD
    texts = [
        ("value", y - 6, bar.shown if bar.value and not crowded else ""),
        (
            "label",
            _TOP + _HEIGHT + 18,
            "" if crowded and place % 2 and not bar.second else bar.label,
        ),
        ("label", _TOP + _HEIGHT + 36, bar.second),
    ]
    written = [
        Markup('<text class="{}" x="{}%" y="{}">{}</text>').format(kind, middle, at, text)
        for kind, at, text in texts
        if text
    ]
    return Markup("<g><title>{}</title>{}{}</g>").format(
        bar.told, drawn, Markup("").join(written)
    )


def rows(bars: Sequence[Bar], title: str, kind: str = "named") -> Markup:
    """Return horizontal bars as a list, with name and value beside each bar.

    `kind` is for the styles: `named` for long names, `lying` for columns in a narrow frame.
    """
    most = max((bar.value for bar in bars), default=0) or 1
    lines = [
        Markup(
            '<li title="{}"><span class="name"><bdi>{}</bdi>{}</span> <span class="value">{}</span>'
            '<svg class="plot" width="100%" height="14" aria-hidden="true">'
            '<rect class="track" width="100%" height="14" rx="3"/><rect class="bar" width="{}%" '
            'height="14" rx="3"/></svg></li>'
        ).format(
            bar.told,
            bar.label,
            f" {bar.second}" if bar.second else "",
            bar.shown,
            _round(100 * bar.value / most),
        )
        for bar in bars
    ]
    return Markup('<ul class="bars {}" role="list" aria-label="{}">{}</ul>').format(
        kind, title, Markup("").join(lines)
    )


def scale(most: float) -> list[float]:
    """Return steps from 0 to at least this value: each 1, 2 or 5 times a power of ten."""
    if most <= 1:
        return [0.0, 1.0]
    rough = most / 5
    power = 10.0 ** floor(log10(rough))
    step = max(
        1.0,
        next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999),
    )
    return [step * count for count in range(ceil(most / step * 0.999999) + 1)]


def _at(value: float, top: float) -> float:
    return _round(_TOP + _HEIGHT * (1 - value / top))


def _round(value: float) -> float:
    return round(value, 1)
