"""Readable brand colours: text keeps a contrast of 4.5 (WCAG 2.2) with any chosen colour."""

from __future__ import annotations

from typing import Final

DEFAULT: Final = "#0b5fff"
ENOUGH: Final = 4.5

Colour = tuple[int, int, int]
WHITE: Final[Colour] = (255, 255, 255)
BLACK: Final[Colour] = (17, 17, 17)


def brand_css(primary: str | None) -> str:
    """Return the custom properties of a brand: its colour, the text on it, and ink on white."""
    colour = _parsed(primary or DEFAULT)
    on_it = WHITE if contrast(colour, WHITE) >= ENOUGH else BLACK
    if contrast(colour, on_it) < ENOUGH:
        colour = _darkened(colour)
        on_it = WHITE
    ink = _darkened(colour)
    return f":root{{--brand:{_hex(colour)};--on-brand:{_hex(on_it)};--ink:{_hex(ink)}}}\n"


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _darkened(colour: Colour) -> Colour:
    """Return the colour, darkened until it is readable on white and on the lightest grey."""
    while contrast(colour, (244, 246, 250)) < ENOUGH:
        colour = (int(colour[0] * 0.92), int(colour[1] * 0.92), int(colour[2] * 0.92))
    return colour


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _parsed(text: str) -> Colour:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)
