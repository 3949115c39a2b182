"""The rules of a comment: no text in a plan becomes a link, a mention, a heading or a tag."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token


def tokens(text: str) -> list[Token]:
    """Every token of the text as a forge reads it."""
    found: list[Token] = []
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(text):
        found += [token, *(token.children or [])]
    return found


def assert_harmless(comment: str, dull_comment: str) -> None:
    """The comment has the headings of the dull one, only our tags, and no text outside of code."""
    shown, dull = tokens(comment), tokens(dull_comment)
    assert not {token.type for token in shown} & {"link_open", "image", "table_open", "hr", "blockquote_open"}
    assert [t.tag for t in shown if t.type == "heading_open"] == [t.tag for t in dull if t.type == "heading_open"]
    blocks = [token.content.strip() for token in shown if token.type in {"html_block", "html_inline"}]
    assert all(
        re.fullmatch(r"<!-- reconciler plan -->|</details>|<details><summary>[^<>]*</summary>", b) for b in blocks
    )
    plain = " ".join(token.content for token in shown if token.type == "text")
    assert not re.search(r"@|javascript:|https?://|#\d|^\s*/", plain)
    assert blocks.count("</details>") == sum("<summary>" in block for block in blocks)
