"""Statistics: sums that add up, within reach, and a spreadsheet that calculates nothing."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.portal.rules.statistics import default_period, is_day, months_between, statistics
from reconciler.portal.store.store import Store
from reconciler.portal.uploads.spreadsheets import as_csv
from tests.portal.harness import Clock, refused
from tests.portal.office import Office, an_office


def row(**more: Any) -> dict[str, Any]:
    return {
        "created_at": "2026-11-02T08:00:00Z", "state": "delivered", "service": "certified", "service_name": "Certified",
        "target_languages": ["de"], "owner": "con_1", "owner_name": "Jane", "words": 100, "cost": "19.00",
        "currency": "EUR", "delivered_at": "2026-11-05T20:00:00Z", **more,
    }  # fmt: skip


ROWS = [
    row(),
    row(created_at="2026-09-30T23:59:59Z", target_languages=["de", "fr", "hu"], words=10, cost="10.00", currency="CHF"),
    row(state="in_progress", delivered_at=None, owner="con_2", owner_name="Tom", service=None, service_name=None),
    row(state="cancelled", delivered_at=None, words=1000, cost="7.00"),
]


def test_figures_add_up_and_what_was_cancelled_has_neither_words_nor_a_cost() -> None:
    found = statistics(ROWS, "2026-09-01", "2026-11-30")
    assert found.total.as_json() == {
        "key": "total", "name": "total", "requests": 4, "words": 210, "costs": {"CHF": "10.00", "EUR": "38.00"},
        "delivered": 2, "mean_days": 19.7,
        "orders": {"requests": 3, "words": 210, "costs": {"CHF": "10.00", "EUR": "38.00"}},
    }  # fmt: skip
    assert [(month.key, month.requests, month.words) for month in found.months] == [
        ("2026-09", 1, 10), ("2026-10", 0, 0), ("2026-11", 3, 200),
    ]  # fmt: skip
    assert [(each.key, each.name, each.words) for each in found.services] == [
        ("certified", "Certified", 110), ("", "", 100),
    ]  # fmt: skip
    languages = {each.key: each.as_json() for each in found.languages}
    assert languages["fr"]["costs"] == {"CHF": "3.33"}
    assert (languages["de"]["words"], languages["hu"]["words"]) == (210, 10)
    assert [each.name for each in found.contacts] == ["Jane", "Tom"]


@given(st.integers(1, 9998), st.integers(1, 12))
def test_the_usual_period_is_twelve_months_that_end_with_today(year: int, month: int) -> None:
    today = f"{year + 1:04}-{month:02}-07"
    first, last = default_period(f"{today}T12:00:00Z")
    months = months_between(first, last)
    assert (last, len(months), months == sorted(months), first[8:]) == (today, 12, True, "01")
    assert is_day(first)


@given(st.lists(st.lists(st.text(), min_size=2, max_size=4), max_size=4))
def test_no_cell_is_a_formula_and_every_cell_comes_back(lines: list[list[str]]) -> None:
    back = list(csv.reader(io.StringIO(as_csv(lines), newline="")))
    assert len(back) == len(lines)
    for sent, read in zip(lines, back, strict=True):
        for one, other in zip(sent, read, strict=True):
            assert other in {one, f"'{one}"}
            assert not other.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "＝"))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1", "  =1", '=HYPERLINK("x")', "\u00a0=1", "\u3000=1", "\ufeff=1", "\u200b=1", " \ufeff \u2066@x", "\u202e＝1", " \n=1"])  # fmt: skip
def test_what_would_calculate_begins_with_an_apostrophe(cell: str) -> None:
    assert next(csv.reader(io.StringIO(as_csv([[cell, 1]]), newline=""))) == [f"'{cell}", "1"]


@pytest.fixture
def office(store: Store) -> Office:
    return an_office(store)


def test_everybody_sees_the_figures_of_what_they_may_see(office: Office, clock: Clock) -> None:
    office.delivered("jane")
    office.delivered("tom")
    office.quoted("tom")
    seen = {name: client.row("/statistics").get("total") for name, client in office.clients.items()}
    assert {name: total["requests"] for name, total in seen.items()} == {
        "jane": 1, "tom": 2, "olga": 3, "mara": 3, "pm": 3, "ada": 3, "jane_beta": 0, "mara_beta": 0, "pm_else": 0,
    }  # fmt: skip
    assert (seen["olga"]["words"], seen["olga"]["costs"], seen["olga"]["delivered"]) == (30, {"EUR": "5.70"}, 2)
    only = office.mara.row(f"/statistics?contact={office.ids['tom']}")
    assert [(each["key"], each["requests"]) for each in only["contacts"]] == [(office.ids["tom"], 2)]
    assert office.mara.row(f"/statistics?contact={office.ids['jane_beta']}")["total"]["requests"] == 0
    refused(office.jane.get(f"/statistics?contact={office.ids['tom']}"), "forbidden")
    before = office.mara.row("/statistics?first=2026-01-01&last=2026-11-22")
    assert (before["total"]["requests"], len(before["months"])) == (0, 11)
    assert office.mara.row("/statistics?first=2026-11-22&last=2026-01-01") == before
    assert office.mara.row("/statistics?first=1990-01-01")["period"]["first"] == "2006-11-23"
    for wrong in ("first=2026-13-01", "first=2026-02-30", "last=20261101", "last=0000-01-01"):
        refused(office.mara.get(f"/statistics?{wrong}"), "unprocessable")


def test_the_spreadsheet_says_the_same(office: Office) -> None:
    office.delivered()
    answer = office.mara.get("/statistics.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["content-disposition"].startswith("attachment;")
    lines = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    total = next(line for line in lines if line["by"] == "total")
    assert (total["requests"], total["words"], total["cost EUR"], total["mean_days"]) == ("1", "10", "1.90", "0.0")
    assert [line["key"] for line in lines if line["by"] == "language"] == ["de"]
    assert len([line for line in lines if line["by"] == "month"]) == 12
