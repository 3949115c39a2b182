"""Who may order a service: what the customer may order, within the contact's own list."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.portal.rules.offers import may_order_service
from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.portal.harness import Api
from tests.portal.office import Office, an_office, upload


@pytest.fixture
def office(store: Store) -> Office:
    return an_office(store)


@pytest.mark.parametrize("to_all", [True, False])
@pytest.mark.parametrize("customers", ["all", ["certified"], ["express"], []])
@pytest.mark.parametrize("contacts", ["all", ["certified"], ["express"], []])
def test_a_service_is_ordered_within_the_customers_list_and_the_contacts_own(
    to_all: bool, customers: Any, contacts: Any
) -> None:
    service = {"code": "certified", "available_to_all": to_all}
    of_customer = to_all or customers in ("all", ["certified"])
    assert may_order_service(service, contacts, customers) is (of_customer and contacts in ("all", ["certified"]))


def _open_to_all(api: Api, code: str) -> dict[str, Any]:
    service = next(row for row in api.items("/services") if row["code"] == code)
    changed = api.write("PATCH", f"/services/{service['id']}", service["version"], {"available_to_all": True})
    assert changed.status_code == 200
    return dict(changed.json())


def _restrict(office: Office, name: str, services: Any) -> None:
    row = office.admin.row(f"/contacts/{office.ids[name]}")
    changed = office.admin.write("PATCH", f"/contacts/{row['id']}", row["version"], {"services": services})
    assert changed.status_code == 200


def test_a_contacts_own_list_restricts_a_service_that_is_open_to_everybody(office: Office) -> None:
    _open_to_all(office.admin, "internal")
    assert office.send(office.jane, service="internal")["service"] == "internal"
    _restrict(office, "jane", ["certified"])
    assert office.send(office.jane, status=422, service="internal")["field"] == "service"
    office.send(office.jane, upload(office.jane)["id"], service="certified")
    _restrict(office, "jane", ["certified", "internal"])
    assert office.send(office.jane, service="internal")["service"] == "internal"


def test_the_order_form_shows_what_can_be_ordered_and_nothing_else(office: Office, store: Store) -> None:
    _open_to_all(office.admin, "internal")
    reader = Reader.contact(store, office.ids["jane"])
    assert 'value="internal|' in reader.open("/requests/new")
    _restrict(office, "jane", ["certified"])
    page = reader.open("/requests/new")
    assert 'value="internal|' not in page
    assert 'value="certified|' in page


def test_a_service_that_is_open_to_everybody_can_be_ticked_for_a_person(office: Office, store: Store) -> None:
    page = Reader.staff(store)
    path = f"/admin/contacts/{office.ids['jane']}"
    assert 'id="f-services-internal"' not in page.open(path)
    _open_to_all(office.admin, "internal")
    assert 'id="f-services-internal"' in page.open(path)


def test_the_list_of_requests_is_filtered_by_the_service_of_an_inherited_one(office: Office, store: Store) -> None:
    reader = Reader.contact(store, office.ids["tom"])
    assert 'value="internal"' not in reader.open("/requests")
    by_tool = office.send(office.admin, owner=office.ids["jane"], service="internal")
    office.do(office.mara, "reassign", by_tool["id"], owner=office.ids["tom"])
    assert 'value="internal"' in reader.open("/requests")
