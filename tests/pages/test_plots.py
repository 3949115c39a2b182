"""Pictures of figures: round scales, names for those who hear them, nothing that the policy forbids."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from reconciler.portal.pages.plot import Bar, columns, fitting, rows, scale

SPACE = "{http://www.w3.org/2000/svg}"
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")))


@given(st.floats(0, 1e12))
def test_a_scale_is_round_begins_at_nothing_and_reaches_the_most(most: float) -> None:
    steps = scale(most)
    assert steps[0] == 0
    assert steps[-1] >= most * 0.999
    assert 2 <= len(steps) <= 7


@given(st.lists(st.tuples(TEXTS, st.integers(0, 10**7)), max_size=24))
def test_whatever_the_names_a_picture_is_well_formed_and_has_nothing_inline(values: list[tuple[str, int]]) -> None:
    bars = [Bar(name, value, str(value), f"{name}: {value}", name) for name, value in values]
    for picture in (columns(bars, "id", "Words", "told", str), rows(bars, "id", "Words", "told")):
        root = ElementTree.fromstring(str(picture))
        assert root.get("role") == "img"
        assert root.find("title") is not None
        for element in root.iter():
            assert element.tag in {"svg", "g", "title", "desc", "rect", "line", "text"}
            assert not [name for name in element.attrib if name == "style" or name.startswith("on")]


def test_bars_are_as_long_as_their_values() -> None:
    picture = rows([Bar("a", 100, "100", "a"), Bar("b", 50, "50", "b")], "id", "t", "d")
    widths = [float(each.get("width", 0)) for each in ElementTree.fromstring(str(picture)).iter("rect")]
    assert widths == [500.0, 250.0]


def test_a_long_name_is_cut_where_its_bar_begins() -> None:
    assert fitting("German") == "German"
    assert fitting("x" * 100) == "x" * 23 + "…"
