"""The strict subset: what is typed, what is text, where things stand."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.documents.positions import DocumentError, Span
from reconciler.documents.source_text import decode
from reconciler.documents.strict_yaml import compose
from tests.examples import examples

TYPED = {"true": True, "false": False, "null": None, "0": 0, "7": 7, "-7": -7, "10": 10, "9" * 30: int("9" * 30)}
TEXT = [
    "no", "yes", "on", "off", "y", "n", "True", "TRUE", "False", "Null", "NULL", "0123", "08", "00", "-0", "+1", "1_000",
    "1e3", "1.10", "1.", ".5", "0x1F", "0o17", "0b1", "12:30:45", "2026-11-01", "2026-11-01T10:00:00Z", ".inf", ".NaN",
    "NaN",  "=", "1 2", "nul", "--1",
]  # fmt: skip

PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-(10**40), 10**40))
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Cn", "Zl", "Zp"]), max_size=20).map(
    lambda text: unicodedata.normalize("NFC", text)
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(PLAIN, TEXTS),
    lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(TEXTS, below, max_size=4)),
    max_leaves=12,
)
SNIPPETS = st.lists(
    st.sampled_from(
        ["a", "b", "name", ": ", ":\n  ", "\n", "- ", "  ", "[", "]", "{", "}", ", ", '"', "'", "|\n", ">\n", "# x\n",
         "no", "0", "017", "null", "true", "~", "é", "e\u0301", "\\", "%", "?", "!", "&", "*"]
    ),
    max_size=25,
).map("".join)  # fmt: skip


@pytest.mark.parametrize("text", TYPED)
def test_a_plain_word_of_the_core_is_typed(text: str) -> None:
    value = compose(f"key: {text}").value["key"]
    assert (type(value), value) == (type(TYPED[text]), TYPED[text])


@pytest.mark.parametrize("text", TEXT)
def test_everything_else_is_text(text: str) -> None:
    assert compose(f"[{text}, x]").value == [text, "x"]


@pytest.mark.parametrize("text", [*TYPED, *TEXT])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_what_is_quoted_is_text(text: str, quote: str) -> None:
    assert compose(f"key: {quote}{text}{quote}").value == {"key": text}


def test_keys_are_text_whatever_they_look_like() -> None:
    assert compose("{no: 1, on: 2, 1: 3, null: 4, true: 5}").value == {"no": 1, "on": 2, "1": 3, "null": 4, "true": 5}


def test_every_part_knows_where_it_stands() -> None:
    composed = compose("name: Jane\nleaves: {on: 2027-03-31}\nservices:\n  - express\n")
    assert composed.keys[("leaves", "on")] == Span(2, 10, 2)
    assert composed.values[("leaves", "on")] == Span(2, 14, 10)
    assert composed.values[("services", 0)] == Span(4, 5, 7)
    assert composed.values[("name",)] == Span(1, 7, 4)


def test_columns_count_characters_and_not_bytes() -> None:
    assert compose("{山田: 太郎, é: x}").keys[("é",)] == Span(1, 10, 1)


@pytest.mark.parametrize("depth", [32, 33])
def test_thirty_two_levels_pass_and_thirty_three_do_not(depth: int) -> None:
    text = "[" * depth + "]" * depth
    if depth == 32:
        assert json.dumps(compose(text).value) == text
    else:
        with pytest.raises(DocumentError) as refused:
            compose(text)
        assert refused.value.rule == "yaml-depth"


@pytest.mark.parametrize(("size", "passes"), [(1024 * 1024, True), (1024 * 1024 + 1, False)])
def test_a_mebibyte_passes_and_a_byte_more_does_not(size: int, passes: bool) -> None:
    content = b"#" * size
    if passes:
        assert len(decode(content)) == size
    else:
        with pytest.raises(DocumentError) as refused:
            decode(content)
        assert refused.value.rule == "file-size"


@settings(max_examples=examples(500), deadline=None)
@given(VALUES)
def test_json_is_read_as_the_value_it_writes(value: Any) -> None:
    assert compose(json.dumps(value, ensure_ascii=False)).value == value


@settings(max_examples=examples(2000), deadline=None)
@given(SNIPPETS)
def test_an_accepted_text_has_the_shape_that_another_loader_sees(text: str) -> None:
    try:
        ours = compose(text).value
    except DocumentError:
        return
    theirs = yaml.load(text, Loader=yaml.BaseLoader)
    assert _as_text(ours) == _composed("null" if theirs in (None, "") and ours is None else theirs)


def _as_text(value: Any) -> Any:
    """Our typed scalars as they were written: each has one spelling."""
    match value:
        case dict():
            return {key: _as_text(inner) for key, inner in value.items()}
        case list():
            return [_as_text(inner) for inner in value]
        case None | True | False:
            return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def _composed(value: Any) -> Any:
    """The value with its texts in NFC."""
    match value:
        case dict():
            return {unicodedata.normalize("NFC", key): _composed(inner) for key, inner in value.items()}
        case list():
            return [_composed(inner) for inner in value]
        case str():
            return unicodedata.normalize("NFC", value)
    return value
