"""Pictures of figures: round scales, names for those who hear them, nothing that the policy forbids."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from reconciler.portal.pages.charts import Bar, bar_chart, column_chart, scale_steps

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")))
DRAWN = {"svg", "g", "title", "desc", "rect", "line", "text", "ul", "li", "span", "bdi"}


def drawn(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<all>{picture}</all>")


@given(st.floats(0, 1e12))
def test_a_scale_is_round_begins_at_nothing_and_reaches_the_most(most: float) -> None:
    steps = scale_steps(most)
    assert steps[0] == 0
    assert steps[-1] >= most * 0.999
    assert 2 <= len(steps) <= 7


@given(st.lists(st.tuples(TEXTS, st.integers(0, 10**7)), max_size=24))
def test_whatever_the_names_a_picture_is_well_formed_and_has_nothing_inline(values: list[tuple[str, int]]) -> None:
    bars = [Bar(name, value, str(value), f"{name}: {value}", name) for name, value in values]
    upright = drawn(column_chart(bars, "id", "Words", "told", str))
    picture = upright.find("svg[@role='img']")
    assert picture is not None
    assert [picture.findtext("title"), picture.findtext("desc")] == ["Words", "told"]
    for root in (upright, drawn(bar_chart(bars, "Words"))):
        assert len(root.findall("ul[@aria-label='Words']/li")) == len(bars)
        for element in list(root.iter())[1:]:
            assert element.tag in DRAWN
            assert not [name for name in element.attrib if name == "style" or name.startswith("on")]


def test_bars_are_as_long_as_their_values_in_whatever_frame() -> None:
    bars = [Bar("a", 100, "100", "a"), Bar("b", 50, "50", "b")]
    assert [each.get("width") for each in drawn(bar_chart(bars, "t")).iterfind(".//rect[@class='bar']")] == [
        "100.0%",
        "50.0%",
    ]
    upright = drawn(column_chart(bars, "id", "t", "d", str))
    assert [each.get("height") for each in upright.iterfind("svg//rect[@class='bar']")] == ["220.0", "110.0"]


def test_names_are_written_in_full() -> None:
    assert "x" * 100 in bar_chart([Bar("x" * 100, 1, "1", "told")], "t")


def test_two_years_of_months_leave_room_between_their_labels() -> None:
    upright = drawn(column_chart([Bar(f"m{n}", n, str(n), "told") for n in range(24)], "id", "t", "d", str))
    assert [each.text for each in upright.iterfind("svg//text[@class='label']")] == [f"m{n}" for n in range(0, 24, 2)]
    assert upright.find("svg//text[@class='value']") is None
