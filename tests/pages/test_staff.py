"""The administrator's page of the provider's own people."""

from __future__ import annotations

import re
from typing import Any

import pytest

from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.portal.accounts import newest, secret_of
from tests.portal.harness import Api


@pytest.fixture
def api(store: Store) -> Api:
    return Api.of(store)


def invited(api: Api) -> dict[str, Any]:
    return next(row for row in api.items("/staff") if row["email"] == "lee@provider.example")


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_an_administrator_invites_somebody_who_sets_a_password(store: Store, api: Api, language: str) -> None:
    api.a_customer()
    reader = Reader.staff(store, language=language)
    reader.open("/admin/staff/new")
    reader.submit(
        "/admin/staff", name="Lee Marsh", email="Lee@provider.example", kind="project_manager", language=language
    )
    mail = newest(api, "Lee@provider.example", "activation")
    assert mail["language"] == language
    path = f"/activate/{secret_of(mail, 'activate')}"
    lee = Reader.of(store, language)
    lee.open(path)
    lee.submit(path, password="Sesam0effne", repeat="Sesam0effne")
    lee.open("/login?to=/account")
    assert "Lee Marsh" in lee.submit("/login", email="lee@provider.example", password="Sesam0effne")
    lee.open("/admin/staff", 403)
    row = re.search(r"<tr [^>]*>(?:(?!</tr>).)*Lee Marsh.*?</tr>", reader.open("/admin/staff"))
    assert row
    assert re.findall(r'<td[^>]* class="number">([^<]*)</td>', row[0]) == ["1"]


def test_mistakes_stand_at_their_fields(store: Store, api: Api) -> None:
    _, (manager,) = api.a_customer("manager")
    reader = Reader.staff(store)
    for email, said in (
        ("", "Please fill this in."), ("nowhere", "This is not an e-mail address."),
        (manager["email"], "Someone else already logs in with this address."),
    ):  # fmt: skip
        reader.open("/admin/staff/new")
        text = reader.submit("/admin/staff", 422, name="Lee", email=email, kind="project_manager", language="en")
        assert said in text
    assert [row["name"] for row in api.items("/staff")] == ["Ada Quist"]


def test_an_administrator_edits_sends_again_and_removes(store: Store, api: Api) -> None:
    reader = Reader.staff(store)
    lee = api.create("/staff", name="Lee", email="lee@provider.example", kind="project_manager")
    path = f"/admin/staff/{lee['id']}"
    reader.open(path)
    assert "Saved." in reader.submit(path, name="Lee Marsh", kind="administrator")
    assert (invited(api)["name"], invited(api)["kind"]) == ("Lee Marsh", "administrator")
    reader.open(path)
    assert "The link was sent again." in reader.submit(f"{path}/resend")
    assert len([mail for mail in api.items("/outbox", kind="activation") if mail["to"] == "lee@provider.example"]) == 2
    reader.open(path)
    form = reader.form_to(path).values
    assert "Deleted." in reader.submit(f"{path}/remove")
    reader.open(path, 404)
    assert reader.post(path, data=form).status_code == 412


def test_the_last_administrator_is_told_why_she_stays(store: Store, api: Api) -> None:
    reader = Reader.staff(store)
    (ada,) = api.items("/staff")
    path = f"/admin/staff/{ada['id']}"
    reader.open(path)
    assert "This is the last administrator." in reader.submit(f"{path}/remove", 409)
    reader.open(path)
    reader.submit(path, 409, kind="project_manager")
    reader.open("/admin/staff")


def test_a_project_manager_and_a_contact_have_no_such_page(store: Store, api: Api) -> None:
    _, (manager,) = api.a_customer("manager")
    lee = api.create("/staff", name="Lee", email="lee@provider.example", kind="project_manager")
    for reader in (Reader.contact(store, manager["id"]), Reader.staff(store, "project_manager", "pm@provider.example")):
        for path in ("/admin/staff", "/admin/staff/new", f"/admin/staff/{lee['id']}"):
            reader.open(path, 403)
        assert 'href="/admin/staff"' not in reader.page.text
