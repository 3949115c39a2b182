"""What waits for somebody stands at the top of her list, and only what is hers to do."""

from __future__ import annotations

import re

import pytest

from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.pages.test_administration import register
from tests.pages.test_requests import a_reader
from tests.portal.harness import Clock
from tests.portal.office import Office, an_office


@pytest.fixture
def office(store: Store) -> Office:
    return an_office(store)


def waiting(reader: Reader) -> dict[str, str]:
    """What the page says is waiting: address and sentence."""
    part = re.search(r'<section class="needs".*?</section>', reader.open("/requests"), re.S)
    return dict(re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', part[0])) if part else {}


def titles(reader: Reader, path: str) -> list[str]:
    return sorted(re.findall(r'<a href="/requests/req_[^"]+"><bdi>([^<]+)</bdi>', reader.open(path)))


def test_nothing_stands_there_when_nothing_waits(office: Office) -> None:
    for name in ("jane", "olga", "mara", "pm", "ada"):
        assert waiting(a_reader(office, name)) == {}, name


def test_quotes_wait_for_those_who_may_accept_them_until_they_expire(office: Office, clock: Clock) -> None:
    office.quoted("jane")
    office.quoted("tom")
    office.quoted("jane_beta")
    assert waiting(a_reader(office, "jane")) == {"/requests?needs=accept": "1 quote is waiting for your decision"}
    assert waiting(a_reader(office, "mara")) == {"/requests?needs=accept": "2 quotes are waiting for your decision"}
    for name in ("olga", "pm", "ada"):
        assert waiting(a_reader(office, name)) == {}, name
    assert len(titles(a_reader(office, "jane"), "/requests?needs=accept")) == 1
    clock.move(days=31)
    assert waiting(a_reader(office, "mara")) == {}
    assert titles(a_reader(office, "mara"), "/requests?needs=accept") == []


@pytest.mark.parametrize("whole", [True, False])
def test_a_delivery_waits_until_somebody_who_decides_has_taken_it(office: Office, whole: bool) -> None:
    id = office.delivered("jane")
    jane = a_reader(office, "jane")
    assert waiting(jane) == {"/requests?needs=download": "1 delivery is ready for download"}
    assert waiting(a_reader(office, "tom")) == {}
    file = office.admin.get(f"/requests/{id}/files").json()["items"][-1]["id"]
    path = f"/requests/{id}/files.zip?kind=delivery" if whole else f"/requests/{id}/files/{file}"
    for name in ("olga", "pm", "ada"):
        assert a_reader(office, name).get(path).status_code == 200
    assert a_reader(office, "mara_beta").get(path).status_code == 404
    assert jane.get(f"/requests/{id}/files.zip?kind=source").status_code == 200
    assert titles(jane, "/requests?needs=download") == ["Leaflet"]
    assert waiting(jane) == {"/requests?needs=download": "1 delivery is ready for download"}
    assert jane.get(path).status_code == 200
    assert waiting(jane) == waiting(a_reader(office, "mara")) == {}


def test_work_waits_for_the_project_managers_of_its_customer(office: Office) -> None:
    office.send(office.jane)
    office.do(office.tom, "accept", office.quoted("tom"))
    assert waiting(a_reader(office, "pm")) == {
        "/requests?needs=quote": "1 Anfrage wartet auf ein Angebot",
        "/requests?needs=deliver": "1 Anfrage wartet auf ihre Lieferung",
    }
    for name in ("pm_else", "jane", "mara", "ada"):
        assert waiting(a_reader(office, name)) == {}, name
    assert titles(a_reader(office, "pm_else"), "/requests?needs=quote") == []


def test_registrations_wait_for_administrators_alone(office: Office, store: Store) -> None:
    register(store, office.home["id"])
    register(store, None, email="rita@elsewhere.example")
    assert waiting(a_reader(office, "ada")) == {"/admin/contacts#waiting": "2 Registrierungen warten auf Genehmigung"}
    for name in ("jane", "mara", "pm"):
        assert waiting(a_reader(office, name)) == {}, name


def test_what_nobody_ever_waits_for_narrows_nothing(office: Office) -> None:
    office.send(office.jane)
    assert titles(a_reader(office, "jane"), "/requests?needs=everything") == ["Leaflet"]
