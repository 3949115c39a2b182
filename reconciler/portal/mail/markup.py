"""The HTML of a mail: the same paragraphs as its text, for programs that show HTML first.

Values come in, a small document goes out: paragraphs, line breaks and links. It has no pictures, no
tables and nothing to fetch; the only styling is the provider's colour and some space.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# The colour of links and of the line above where the settings name none.
DARK: Final = "#1f4f8f"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph: text of one or more lines, a link, or both."""

    text: str
    address: str = ""

    @property
    def as_text(self) -> str:
        """The paragraph for programs that show text."""
        return "\n".join(part for part in (self.text, self.address) if part)


def markup(
    subject: str,
    paragraphs: Sequence[Paragraph],
    language: str,
    direction: str,
    color: str | None = None,
) -> str:
    """Return the mail as HTML. `direction` is `ltr` or `rtl`.

    `color` (`#rrggbb`) colours a line, never text: a brand may have any colour.
    """
    body = "\n".join(_paragraph_html(paragraph) for paragraph in paragraphs)
    style = (
        f"body{{max-width:40em;margin:0 auto;padding:1em;border-top:6px solid {color or DARK};"
        f"font-family:sans-serif;line-height:1.5;color:#1a1a1a;background:#ffffff}}"
        f"a{{color:{DARK}}}"
    )
    return (
        f'<!doctype html>\n<html lang="{html.escape(language)}" dir="{direction}">\n<head>'
        '<meta charset="utf-8">'
        f"<title>{html.escape(subject)}</title>\n<style>{style}</style></head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _paragraph_html(paragraph: Paragraph) -> str:
    text, address = html.escape(paragraph.text), html.escape(paragraph.address)
    link = f'<a href="{address}">{address}</a>' if address else ""
    if not text:
        return f"<p>{link}</p>"
    # a title or a name may read from right to left within our sentence
    return (
        f'<p dir="auto">{"<br>".join([*text.splitlines(), *([link] if link else [])])}</p>'
    )
