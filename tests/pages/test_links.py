"""What a mailed link says when it is opened again, too late, or after a newer one."""

from __future__ import annotations

import re

import pytest

from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.portal.accounts import newest, secret_of
from tests.portal.harness import Api, Clock

RITA = "rita@acme.example"
PASSWORD = "Riverbed-17-lanterns"


@pytest.fixture
def api(store: Store) -> Api:
    return Api.of(store)


def sign_up(store: Store, api: Api) -> str:
    """Sign up, and return the path of the mailed link."""
    reader = Reader.of(store)
    reader.open("/sign-up")
    reader.submit("/sign-up", name="Rita Ruiz", email=RITA)
    return f"/confirm/{secret_of(newest(api, RITA, 'confirm'), 'confirm')}"


def test_a_confirmed_persons_second_click_says_what_became_of_the_sign_up(store: Store, api: Api) -> None:
    home, _ = api.a_customer("manager")
    path, other_path = sign_up(store, api), sign_up(store, api)
    reader = Reader.of(store)
    reader.open(path)
    assert "waiting for approval" in reader.submit(path)
    for again in (path, other_path):
        assert "waiting for approval" in reader.open(again)
    (row,) = [row for row in api.items("/contacts") if row["email"] == RITA]
    ada = Reader.staff(store)
    ada.open(f"/admin/contacts/{row['id']}")
    ada.submit(f"/admin/contacts/{row['id']}/approve", customer=home["id"])
    assert "You have access." in reader.open(path)
    link = f"/activate/{secret_of(newest(api, RITA, 'activation'), 'activate')}"
    reader.open(link)
    reader.submit(link, password=PASSWORD, repeat=PASSWORD)
    assert "You already have access" in reader.open(path)
    assert "This link no longer works" in reader.open("/confirm/never-mailed", 404)


def test_a_dead_activation_link_says_why_and_what_to_do(store: Store, api: Api, clock: Clock) -> None:
    home, (person,) = api.a_customer("requester")
    first = f"/activate/{secret_of(newest(api, person['email'], 'activation'), 'activate')}"
    contact = api.row(f"/contacts/{person['id']}")
    clock.move(minutes=1)
    api.act(f"/contacts/{person['id']}/resend-activation", contact)
    second = f"/activate/{secret_of(newest(api, person['email'], 'activation'), 'activate')}"
    assert first != second
    reader = Reader.of(store)
    assert "A newer e-mail with a link was sent" in reader.open(first, 404)
    clock.move(days=15)
    text = reader.open(second, 404)
    assert "It has expired. Ask for a new one:" in text
    assert f'href="mailto:{home["project_managers"][0]}"' in text
    admin = Reader.staff(store)
    admin.open(f"/admin/contacts/{person['id']}")
    admin.submit(f"/admin/contacts/{person['id']}/resend")
    third = f"/activate/{secret_of(newest(api, person['email'], 'activation'), 'activate')}"
    reader.open(third)
    reader.submit(third, password=PASSWORD, repeat=PASSWORD)
    text = reader.open(third, 404)
    assert "You have set your password already." in text
    assert 'href="/reset"' in text


def test_a_page_says_that_a_changed_address_waits_for_its_owner(store: Store, api: Api) -> None:
    _, people = api.a_customer("manager", "requester")
    mara = Reader.contact(store, people[0]["id"])
    path = f"/team/{people[1]['id']}"
    Reader.contact(store, people[1]["id"])
    mara.open(path)
    assert "Waiting for" not in mara.page.text
    text = mara.submit(path, email="new@acme.example")
    assert re.search(r"Waiting for new@acme.example: a link was sent there on \d+ \w+ 2026", text)
    assert "Contact us to have it sent again." in text
    assert "A newer e-mail" in Reader.of(store).open(
        f"/activate/{secret_of(newest(api, people[1]['email'], 'activation'), 'activate')}", 404
    )
