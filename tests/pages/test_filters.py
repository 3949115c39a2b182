"""Filters and boxes tell each person what is true for them, and nothing about other customers."""

from __future__ import annotations

import re

import pytest

from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.pages.test_requests import a_reader
from tests.portal.office import Office, an_office


@pytest.fixture
def office(store: Store) -> Office:
    office = an_office(store)
    for code, everybody in (("secret-project", False), ("for-all", True), ("former", False)):
        office.admin.create("/services", code=code, name=f"Service {code}", available_to_all=everybody)
    return office


def choices(text: str, name: str) -> set[str]:
    """The values of a select field."""
    (field,) = re.findall(rf'<select id="f-{name}".*?</select>', text, re.DOTALL)
    return set(re.findall(r'<option value="([^"]+)"', field))


@pytest.mark.parametrize("name", ["jane", "olga", "mara"])
def test_people_of_a_customer_read_no_names_of_services_of_others(office: Office, name: str) -> None:
    text = a_reader(office, name).open("/requests")
    assert choices(text, "service") == {"certified", "for-all"}
    assert "secret-project" not in text


def test_a_service_that_an_own_request_names_stays_in_the_filter(office: Office) -> None:
    office.admin.write("PATCH", f"/customers/{office.home['id']}", 1, {"services": ["certified", "former"]})
    office.send(office.jane, service="former")
    version = office.admin.row(f"/customers/{office.home['id']}")["version"]
    office.admin.write("PATCH", f"/customers/{office.home['id']}", version, {"services": ["certified"]})
    for name in ("jane", "olga", "mara"):
        assert "former" in choices(a_reader(office, name).open("/requests"), "service"), name
    assert choices(a_reader(office, "pm").open("/requests"), "service") >= {"certified", "secret-project"}


def test_a_box_says_if_the_customer_cannot_order_its_service(office: Office) -> None:
    office.admin.write("PATCH", f"/contacts/{office.ids['tom']}", 1, {"services": ["certified", "former"]})
    ada = a_reader(office, "ada")
    ada.cookies.set("portal_language", "en")
    text = ada.open(f"/admin/contacts/{office.ids['tom']}")
    assert re.search(r"Service former <span[^>]*>\(the customer cannot order it\)", text)
    assert not re.search(r"Certified translation <span", text)
    text = ada.open(f"/admin/customers/{office.home['id']}")
    assert re.search(r"Service for-all <span[^>]*>\(every customer can order it\)", text)


def test_descriptions_and_reasons_keep_their_lines(office: Office, store: Store) -> None:
    office.admin.create("/services", code="lines", name="L", description="One line\nand another")
    ada = Reader.staff(store, email="ada@provider.example")
    assert 'typed">One line\nand another<' in ada.open("/admin/services")
    id = office.quoted()
    office.do(office.pm, "cancel", id, reason="First line\n\nsecond line")
    (mail,) = office.mails_of("cancelled")
    assert "Reason: First line\nsecond line\n" in mail["text"]
    assert 'typed">First line' in a_reader(office, "jane").open(f"/requests/{id}")
