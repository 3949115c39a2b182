"""Charts: values in, SVG out.

Horizontal lengths are percentages of the frame, and font sizes are not: a chart is as wide as its
frame, and its text as large as the text around it. A chart has a name and a description for screen
readers, and a table beside it. In a narrow frame, horizontal bars replace the columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

from markupsafe import Markup

_TOP_MARGIN: Final = 28
_HEIGHT: Final = 220
_BOTTOM_MARGIN: Final = 44
# The largest width of a column, in percent of the frame.
_MAX_COLUMN_WIDTH: Final = 9.0
# With more columns, there is no room for every label, nor for a value above each column.
_MAX_LABELS: Final = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One value of a chart: its label, its number as text, and a description of both."""

    label: str
    value: float
    value_text: str
    description: str
    second_label: str = ""
    """A second line of the label, such as a year."""


def column_chart(
    bars: Sequence[Bar],
    id: str,
    title: str,
    description: str,
    format_number: Callable[[float], str],
) -> Markup:
    """Return columns over a scale of round numbers, written by `format_number`.

    The same values follow as horizontal bars for a narrow frame; `portal.css` shows one of the two.
    """
    steps = scale_steps(max((bar.value for bar in bars), default=0))
    maximum_step = steps[-1]
    # x="-8": the numbers are left of the picture, in a margin of `portal.css`. A length there
    # cannot be part of the chart, whose width in pixels is unknown here. The content security
    # policy forbids `style`, so sizes are attributes, and colours are classes.
    lines = [
        Markup(
            '<line class="grid" x1="0" x2="100%" y1="{}" y2="{}"/><text class="scale" x="-8" '
            'y="{}">{}</text>'
        ).format(
            _y_of(step, maximum_step),
            _y_of(step, maximum_step),
            _y_of(step, maximum_step) + 4,
            format_number(step),
        )
        for step in steps
    ]
    shapes = [
        _column(bar, index, len(bars), maximum_step) for index, bar in enumerate(bars)
    ]
    upright = Markup(
        '<svg class="plot upright" height="{}" role="img" '
        'aria-labelledby="{}-title {}-description">'
        '<title id="{}-title">{}</title><desc id="{}-description">{}</desc>{}{}</svg>'
    ).format(
        _TOP_MARGIN + _HEIGHT + _BOTTOM_MARGIN,
        id,
        id,
        id,
        title,
        id,
        description,
        Markup("").join(lines),
        Markup("").join(shapes),
    )
    return upright + bar_chart(bars, title, kind="lying")


def _column(bar: Bar, index: int, count: int, maximum_step: float) -> Markup:
    """Return one column with its labels; `<title>` is its tooltip."""
    width = 100 / count
    y, thickness, middle = (
        _y_of(bar.value, maximum_step),
        min(_MAX_COLUMN_WIDTH, width * 0.66),
        _round(width * (index + 0.5)),
    )
    shapes = (
        Markup('<rect class="bar" x="{}%" y="{}" width="{}%" height="{}" rx="3"/>').format(
            _round(middle - thickness / 2),
            y,
            _round(thickness),
            _round(_TOP_MARGIN + _HEIGHT - y),
        )
        if bar.value
        else Markup("")
    )
    is_crowded = count > _MAX_LABELS
    texts = [
        ("value", y - 6, bar.value_text if bar.value and not is_crowded else ""),
        (
            "label",
            _TOP_MARGIN + _HEIGHT + 18,
            "" if is_crowded and index % 2 and not bar.second_label else bar.label,
        ),
        ("label", _TOP_MARGIN + _HEIGHT + 36, bar.second_label),
    ]
    text_elements = [
        Markup('<text class="{}" x="{}%" y="{}">{}</text>').format(kind, middle, at, text)
        for kind, at, text in texts
        if text
    ]
    return Markup("<g><title>{}</title>{}{}</g>").format(
        bar.description, shapes, Markup("").join(text_elements)
    )


def bar_chart(bars: Sequence[Bar], title: str, kind: str = "named") -> Markup:
    """Return horizontal bars as a list, with name and value beside each bar.

    `kind` is a class of `portal.css`: `named` for long names, `lying` for a narrow frame.
    """
    maximum = (
        max((bar.value for bar in bars), default=0) or 1
    )  # all zero: the bars are empty
    # `role="list"`: Safari does not announce a list whose bullets the styles take away.
    lines = [
        Markup(
            '<li title="{}"><span class="name"><bdi>{}</bdi>{}</span> <span class="value">{}</span>'
            '<svg class="plot" width="100%" height="14" aria-hidden="true">'
            '<rect class="track" width="100%" height="14" rx="3"/><rect class="bar" width="{}%" '
            'height="14" rx="3"/></svg></li>'
        ).format(
            bar.description,
            bar.label,
            f" {bar.second_label}" if bar.second_label else "",
            bar.value_text,
            _round(100 * bar.value / maximum),
        )
        for bar in bars
    ]
    return Markup('<ul class="bars {}" role="list" aria-label="{}">{}</ul>').format(
        kind, title, Markup("").join(lines)
    )


def scale_steps(maximum: float) -> list[float]:
    """Return steps from 0 to at least this value: each 1, 2 or 5 times a power of ten."""
    if maximum <= 1:
        return [0.0, 1.0]
    smallest_step = maximum / 5
    # 0.999 and 0.999999 allow for rounding errors: a step must not double because of them.
    power = 10.0 ** floor(log10(smallest_step))
    step = max(
        1.0,
        next(
            factor * power
            for factor in (1, 2, 5, 10)
            if factor * power >= smallest_step * 0.999
        ),
    )
    return [step * count for count in range(ceil(maximum / step * 0.999999) + 1)]


def _y_of(value: float, maximum_step: float) -> float:
    return _round(_TOP_MARGIN + _HEIGHT * (1 - value / maximum_step))


def _round(value: float) -> float:
    return round(value, 1)
