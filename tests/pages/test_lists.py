"""Lists say how much they hold, what to do when they hold nothing, and lead back from a choice."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from reconciler.portal.pages.queries.paging import count_rows
from reconciler.portal.pages.rendering import translator
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.portal.harness import Api
from tests.portal.office import an_office


def told(text: str) -> str:
    """What the page's live region says."""
    (said,) = re.findall(r'<p class="found" id="found" role="status">([^<]*)</p>', text)
    return str(said)


FOUND = {
    "/requests": "2 requests", "/requests?state=cancelled": "Nothing found", "/requests?owner=": "2 requests",
    "/admin/contacts": "6 contacts", "/admin/contacts?q=nobody": "Nothing found", "/admin/customers": "2 customers",
    "/admin/customers?q=BETA": "1 customer", "/admin/customers?q=gamma": "Nothing found",
    "/admin/outbox?state=dead": "Nothing found", "/admin/history?by=nobody": "Nothing found",
    "/statistics": "2 requests", "/statistics?first=2001-01-01&last=2001-12-31": "Nothing found",
}  # fmt: skip


def an_administrator(store: Store) -> Reader:
    return Reader.staff(store, email="eve@provider.example")


def test_every_list_tells_how_much_was_found_and_leads_back(store: Store) -> None:
    office = an_office(store)
    office.send(office.jane)
    office.send(office.tom)
    eve = an_administrator(store)
    for path, said in FOUND.items():
        text, begin = eve.open(path), path.partition("?")[0]
        assert told(text) == said, path
        narrowed = "?" in path and not path.endswith("=")
        assert (f'<span id="reset"><a href="{begin}">Reset</a></span>' in text) is narrowed, path
        if said == "Nothing found" and begin != "/statistics":
            assert f'<a class="button second" href="{begin}">Reset</a>' in text, path


def test_an_empty_portal_says_what_to_do_first(store: Store) -> None:
    eve = an_administrator(store)
    for path, first in (("customers", "customers"), ("contacts", "customers"), ("services", "services")):
        text = eve.open(f"/admin/{path}")
        assert f'<p><a class="button" href="/admin/{first}/new">' in text
        assert "Nothing found" not in text


def test_who_did_something_is_found_by_any_part_of_the_name(store: Store) -> None:
    api = Api.of(store)
    home, _ = api.a_customer()
    reader = an_administrator(store)
    reader.open(f"/admin/customers/{home['id']}")
    reader.submit(f"/admin/customers/{home['id']}", description="first")
    assert told(reader.open("/admin/history?by=QUIST+ada")) == "1 entry"
    assert told(reader.open("/admin/history?by=Ada+Quist&object=customer")) == "1 entry"
    assert told(reader.open("/admin/history?by=qu%25st")) == "Nothing found"


def test_long_lists_are_counted_up_to_a_thousand(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("queries.paging", "rendering"):
        monkeypatch.setattr(f"reconciler.portal.pages.{name}.MAX_EXACT_COUNT", 2)
    api = Api.of(store)
    for name in ("a", "b", "c", "d"):
        api.create("/customers", name=name)
    with store.read() as connection:
        assert count_rows(connection, select(t.customers)) == 3
        assert count_rows(connection, select(t.customers).where(t.customers.c.name < "c")) == 2
    assert told(an_administrator(store).open("/admin/customers")) == "More than 2 customers"
    assert [translator(each).count_text("found.customers", 9) for each in ("fr", "de")] == [
        "Plus de 2 clients",
        "Mehr als 2 Kunden",
    ]


def test_a_contact_of_another_customer_is_chosen_no_longer_when_the_customer_changes(store: Store) -> None:
    office = an_office(store)
    office.send(office.jane)
    beta = next(each["id"] for each in office.admin.items("/customers") if each["id"] != office.home["id"])
    ada, jane = an_administrator(store), office.ids["jane"]
    assert told(ada.open(f"/requests?customer={office.home['id']}&owner={jane}")) == "1 request"
    for path in ("/requests?owner", "/statistics?contact"):
        text = ada.open(f"{path}={jane}&customer={beta}")
        assert told(text) == "Nothing found"
        assert f'value="{jane}"' not in text


def test_a_requesters_list_has_no_column_of_her_own_name(store: Store) -> None:
    office = an_office(store)
    office.quoted("jane")
    hers = Reader.contact(store, office.ids["jane"]).open("/requests")
    assert "Requester 0" not in hers.partition("<main")[2]
    assert "€1.90" in hers
    assert "Requester 0" in Reader.contact(store, office.ids["mara"]).open("/requests").partition("<table")[2]
