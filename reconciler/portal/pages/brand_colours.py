"""Readable brand colours: text keeps a contrast of 4.5 with any chosen colour (WCAG 2.2, AA)."""

from __future__ import annotations

from typing import Final

DEFAULT: Final = "#0b5fff"
MIN_CONTRAST: Final = 4.5

Colour = tuple[int, int, int]
WHITE: Final[Colour] = (255, 255, 255)
BLACK: Final[Colour] = (17, 17, 17)


def brand_css(primary: str | None) -> str:
    """Return the custom properties of a brand: its colour, and those of text on it and of links."""
    # This text is a style sheet: `primary` is validated by `actions.schemas`, and only its numbers
    # are written here.
    colour = _parse(primary or DEFAULT)
    text_colour = WHITE if contrast(colour, WHITE) >= MIN_CONTRAST else BLACK
    # A medium grey has too little contrast with white and with black: only the colour can change.
    if contrast(colour, text_colour) < MIN_CONTRAST:
        colour = _darken(colour)
        text_colour = WHITE
    ink = _darken(colour)
    return f":root{{--brand:{_hex(colour)};--on-brand:{_hex(text_colour)};--ink:{_hex(ink)}}}\n"


def brand_version(primary: str | None) -> str:
    """Return the part of the style sheet's address that changes with the colour."""
    return (primary or DEFAULT).removeprefix("#").lower()


def contrast(first: Colour, second: Colour) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _darken(colour: Colour) -> Colour:
    """Return the colour, darkened until it is readable on white and on the lightest grey."""
    while contrast(colour, (244, 246, 250)) < MIN_CONTRAST:
        colour = (int(colour[0] * 0.92), int(colour[1] * 0.92), int(colour[2] * 0.92))
    return colour


# Luminance and contrast are those of WCAG 2.2, "relative luminance" and "contrast ratio".
def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear_light(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear_light(channel: float) -> float:
    return (
        channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
    )


def _parse(hex_code: str) -> Colour:
    return int(hex_code[1:3], 16), int(hex_code[3:5], 16), int(hex_code[5:7], 16)


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{channel:02x}" for channel in colour)
