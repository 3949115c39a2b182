"""Figures as pictures: values in, SVG out.

The picture has a name and a description for those who hear it, nothing inline that the pages' policy
forbids (looks are the business of `portal.css`), and a table beside it for those who want to read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

from markupsafe import Markup

WIDTH: Final = 760
_LEFT: Final = 64
_TOP: Final = 28
_HEIGHT: Final = 220
_FOOT: Final = 44
_ROW: Final = 34
_LABELS: Final = 190
_END: Final = 70
_LETTER: Final = 7.2
"""About how wide a letter of a label is."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One value: what stands under or beside it, what stands at its end, and what is told of it in full."""

    label: str
    value: float
    shown: str
    told: str
    second: str = ""
    """A second line of the label, such as a year."""


def columns(bars: Sequence[Bar], id: str, title: str, description: str, number: Callable[[float], str]) -> Markup:
    """Upright bars side by side over a scale of round numbers; `number` writes those as readers do."""
    steps = scale(max((bar.value for bar in bars), default=0))
    top = steps[-1]
    width = (WIDTH - _LEFT) / max(1, len(bars))
    parts = [
        Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="scale" x="{}" y="{}">{}</text>').format(
            _LEFT, WIDTH, _at(step, top), _at(step, top), _LEFT - 8, _at(step, top) + 4, number(step)
        )
        for step in steps
    ]  # fmt: skip
    parts += [_column(bar, _LEFT + place * width, width, top) for place, bar in enumerate(bars)]
    return _picture(id, title, description, _TOP + _HEIGHT + _FOOT, parts)


def _column(bar: Bar, left: float, width: float, top: float) -> Markup:
    y, middle = _at(bar.value, top), _round(left + width / 2)
    thick = min(44.0, width * 0.66)
    drawn = Markup('<rect class="bar" x="{}" y="{}" width="{}" height="{}" rx="3"/>').format(
        _round(left + (width - thick) / 2), y, _round(thick), _round(_TOP + _HEIGHT - y)
    ) if bar.value else Markup("")  # fmt: skip
    return Markup(
        '<g><title>{}</title>{}<text class="value" x="{}" y="{}">{}</text>'
        '<text class="label" x="{}" y="{}">{}</text><text class="label" x="{}" y="{}">{}</text></g>'
    ).format(
        bar.told, drawn, middle, y - 6, bar.shown if bar.value and len(bar.shown) * _LETTER <= width else "", middle, _TOP + _HEIGHT + 18, bar.label, middle,
        _TOP + _HEIGHT + 36, bar.second,
    )  # fmt: skip


def rows(bars: Sequence[Bar], id: str, title: str, description: str) -> Markup:
    """Lying bars one under the other, the name before and the value behind each."""
    most = max((bar.value for bar in bars), default=0) or 1
    parts = []
    for place, bar in enumerate(bars):
        y, length = place * _ROW + 4, _round((WIDTH - _LABELS - _END) * bar.value / most)
        parts.append(
            Markup(
                '<g><title>{}</title><text class="name" x="{}" y="{}">{}</text>'
                '<rect class="bar" x="{}" y="{}" width="{}" height="{}" rx="3"/>'
                '<text class="end" x="{}" y="{}">{}</text></g>'
            ).format(
                bar.told, _LABELS - 10, y + 18, fitting(bar.label), _LABELS, y, max(2.0, length), _ROW - 10,
                _round(_LABELS + max(2.0, length) + 8), y + 18, bar.shown,
            )
        )  # fmt: skip
    return _picture(id, title, description, len(bars) * _ROW + 4, parts)


def _picture(id: str, title: str, description: str, height: int, parts: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg class="plot" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-title {}-told">'
        '<title id="{}-title">{}</title><desc id="{}-told">{}</desc>{}</svg>'
    ).format(WIDTH, height, id, id, id, title, id, description, Markup("").join(parts))


def scale(most: float) -> list[float]:
    """From nothing to at least this much in three to six equal steps of 1, 2 or 5 times a power of ten."""
    if most <= 1:
        return [0.0, 1.0]
    rough = most / 5
    power = 10.0 ** floor(log10(rough))
    step = max(1.0, next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999))
    return [step * count for count in range(ceil(most / step * 0.999999) + 1)]


def fitting(label: str) -> str:
    """As much of a label as stands before a bar."""
    most = int((_LABELS - 14) / _LETTER)
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _at(value: float, top: float) -> float:
    return _round(_TOP + _HEIGHT * (1 - value / top))


def _round(value: float) -> float:
    return round(value, 1)
