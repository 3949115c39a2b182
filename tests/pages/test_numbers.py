"""Numbers are read as they are shown, in the language of the page; figures open in spreadsheets of that language."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest

from reconciler.portal.rules.typesetting import locale_of, number, parse_number
from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.pages.test_requests import a_reader
from tests.portal.office import Office, an_office, upload


@pytest.fixture
def office(store: Store) -> Office:
    return an_office(store)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "ar"])
@pytest.mark.parametrize("value", ["0.5", "7", "1200", "1234.5", "12345.67", "1234567"])
def test_what_is_shown_is_read_as_the_same_number(language: str, value: str) -> None:
    locale = locale_of(language)
    assert parse_number(locale, number(locale, Decimal(value))) == Decimal(value)


@pytest.mark.parametrize(
    ("language", "typed", "read"),
    [
        ("de", "1.200", "1200"), ("en", "1,200", "1200"), ("fr", "1 200,50", "1200.50"), ("de", "99,5", "99.5"),
        ("de", "99.5", "99.5"), ("en", "99,5", "99.5"), ("de", "0.12", "0.12"), ("de", "1.234,50", "1234.50"),
        ("ar", "١٢٣٤٫٥", "1234.5"), ("en", "1,23,4", None), ("de", "1.2.3", None), ("en", "viele", None), ("en", "", None),
        ("en", "1e5", None), ("en", "Infinity", None), ("en", "NaN", None), ("en", "²", None),
    ],
)  # fmt: skip
def test_what_people_type_is_read_as_their_language_means_it(language: str, typed: str, read: str | None) -> None:
    assert parse_number(locale_of(language), typed) == (None if read is None else Decimal(read))


def test_a_project_manager_types_numbers_as_the_page_shows_them(office: Office) -> None:
    id = office.send(office.jane, upload(office.jane, "a.dwg")["id"])["id"]
    pm = a_reader(office, "pm", "de")
    pm.open(f"/requests/{id}")
    text = pm.submit(f"/requests/{id}/approve", words="12.345", cost="1.234,50", currency="eur")
    row = office.admin.row(f"/requests/{id}")
    assert (row["words"], row["cost"]) == (12345, "1234.50")
    assert "12.345" in text
    pm.submit(f"/requests/{id}/cancel", reason="x")
    values = pm.form_to(f"/requests/{id}/revive").values
    assert (values["words"], values["cost"]) == (["12.345"], ["1234,50"])
    pm.submit(f"/requests/{id}/revive")
    assert office.admin.row(f"/requests/{id}")["cost"] == "1234.50"


def test_a_price_is_shown_and_read_with_all_its_places(store: Store) -> None:
    ada = Reader.staff(store, language="de")
    ada.open("/admin/services/new")
    ada.submit(
        "/admin/services", code="fine", name="Fine", workflows="pm_quote_manual", per_word="0,125", currency="eur"
    )
    assert "0,125\xa0€" in ada.open("/admin/services")


@pytest.mark.parametrize(("language", "separator", "cost"), [("de", ";", "1,90"), ("en", ",", "1.90")])
def test_a_spreadsheet_opens_in_the_language_of_the_page(
    office: Office, language: str, separator: str, cost: str
) -> None:
    office.delivered()
    text = a_reader(office, "jane", language).get("/statistics.csv").content.decode("utf-8")
    assert text.startswith("\ufeffby")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=separator))
    total = dict(zip(rows[0], rows[1], strict=True))
    assert (total["words"], total["cost EUR"], total["ordered cost EUR"]) == ("10", cost, cost)


def test_statistics_tell_ordered_words_from_quoted_ones(office: Office) -> None:
    office.delivered()
    for _ in range(2):
        office.quoted()
    totals = office.jane.row("/statistics")["total"]
    assert (totals["words"], totals["orders"]) == (30, {"requests": 1, "words": 10, "costs": {"EUR": "1.90"}})
    text = a_reader(office, "jane").open("/statistics")
    tiles = text[text.index('class="tiles"') : text.index("</ul>", text.index('class="tiles"'))]
    for value, label in (
        ("10", "Words ordered"), ("€1.90", "Cost ordered"), ("20", "Words not ordered yet"), ("€3.80", "Cost not ordered yet"),
    ):  # fmt: skip
        assert f"<strong>{value}</strong><span>{label}</span>" in tiles
