"""Nothing typed is lost: files that cannot be stored, sessions that ended, and forms that were sent before."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from sqlalchemy import update

from reconciler.portal.actions.passwords import hash_password
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from reconciler.portal.uploads.vault import Vault
from tests.pages.reader import Reader, forms_of
from tests.pages.test_requests import ORDER, a_reader, send_files
from tests.portal.office import Office, an_office

TYPED = {**ORDER, "title": 'Leaflet "A"', "comment": "Line one\r\nline <two>", "deadline": "2030-12-24T10:00"}
PASSWORD = "Riverbed-17-lanterns"


@pytest.fixture
def office(store: Store) -> Office:
    return an_office(store)


def end_sessions(store: Store) -> None:
    """End every session by idleness: what was used long ago."""
    with store.write(SYSTEM) as work:
        work.connection.execute(update(t.sessions).values(used_at="2020-01-01T00:00:00Z"))


def form_to(text: str, action: str) -> dict[str, list[str]]:
    (form,) = [form for form in forms_of(text) if form.action == action]
    return form.values


def log_in(reader: Reader, office: Office, name: str) -> str:
    """Log in on the page that the reader sees, and return the next page."""
    store = office.admin.store
    with store.write(SYSTEM) as work:
        row = work.get("contact", office.ids[name])
        row["password"] = hash_password(PASSWORD)
        email = row["email"]
    return reader.submit("/login", email=email, password=PASSWORD)


def must_hold_what_was_typed(values: dict[str, list[str]]) -> None:
    for name, value in TYPED.items():
        assert [text.replace("\r\n", "\n") for text in values[name]] == [value.replace("\r\n", "\n")], name


def test_a_file_over_the_limit_is_named_at_its_field_and_costs_nothing_else(office: Office, store: Store) -> None:
    jane = a_reader(office, "jane")
    jane.open("/requests/new")
    object.__setattr__(store, "vault", Vault(store.vault.folder, max_bytes=1000))
    files = {"files": [("small.txt", b"x" * 900), ("big.txt", b"x" * 1001)], "reference_files": [("r.txt", b"x")]}
    text = send_files(jane, "/requests", files, 422, **TYPED)
    assert "“big.txt” is too large" in text
    values = form_to(text, "/requests")
    must_hold_what_was_typed(values)
    assert (len(values["kept_files"]), len(values["kept_reference_files"])) == (1, 1)
    send_files(jane, "/requests", {})
    assert office.admin.items("/requests")[0]["title"] == 'Leaflet "A"'


def test_a_form_larger_than_all_its_files_may_be_keeps_what_came_after_them(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.portal.pages.forms.multipart_parsing.MAX_BYTES", 200_000)
    jane = a_reader(office, "jane")
    jane.open("/requests/new")
    mark = form_to(jane.page.text, "/requests")
    parts: list[tuple[str, Any]] = [
        (name, (None, values[0])) for name, values in mark.items() if name in {"mark", "once"}
    ]
    parts += [("files", ("a.txt", b"x" * 300_000))] + [(name, (None, value)) for name, value in TYPED.items()]
    jane.page = jane.post("/requests", files=parts)
    assert jane.page.status_code == 413
    assert "This is too large." in jane.page.text
    must_hold_what_was_typed(form_to(jane.page.text, "/requests"))


def test_a_full_store_of_files_keeps_the_form(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.portal.actions.uploads.MAX_PENDING", 1)
    jane = a_reader(office, "jane")
    jane.open("/requests/new")
    text = send_files(jane, "/requests", {"files": [("a.txt", b"x"), ("b.txt", b"x")]}, 429, **TYPED)
    must_hold_what_was_typed(form_to(text, "/requests"))


def test_files_that_were_deleted_meanwhile_are_asked_for_again(office: Office, store: Store) -> None:
    jane = a_reader(office, "jane")
    jane.open("/requests/new")
    send_files(jane, "/requests", {"files": [("a.txt", b"x")]}, 422, **{**TYPED, "title": ""})
    with store.write(SYSTEM) as work:
        work.connection.execute(t.files.delete())
    text = send_files(jane, "/requests", {}, 422, title=TYPED["title"])
    assert "Some files were uploaded more than a day ago." in text
    must_hold_what_was_typed(form_to(text, "/requests"))


@pytest.mark.parametrize("has_files", [False, True])
def test_a_form_of_an_ended_session_comes_back_after_the_log_in(office: Office, store: Store, has_files: bool) -> None:
    jane = a_reader(office, "jane")
    jane.open("/requests/new")
    end_sessions(store)
    text = send_files(jane, "/requests", {"files": [("a.txt", b"x" * 50_000)]} if has_files else {}, 401, **TYPED)
    assert "what you typed is kept" in html.unescape(text)
    text = jane.submit("/login", 401, email="nobody@acme.example", password="Wrong-1234")
    assert "Back to your form" in log_in(jane, office, "jane")
    values = form_to(jane.page.text, "/requests")
    jane.page = jane.post("/requests", data=values, files=[("none", ("", b""))])
    assert "this form was not sent" in jane.page.text
    must_hold_what_was_typed(form_to(jane.page.text, "/requests"))
    assert office.admin.items("/requests") == []
    send_files(jane, "/requests", {"files": [("a.txt", b"Two words")]})
    assert len(office.admin.items("/requests")) == 1


def test_an_edit_of_an_ended_session_comes_back_and_is_not_carried_out(office: Office, store: Store) -> None:
    mara = a_reader(office, "mara")
    path = f"/team/{office.ids['tom']}"
    mara.open(path)
    end_sessions(store)
    mara.submit(path, 401, name="Thomas Lang", role="observer")
    log_in(mara, office, "mara")
    text = mara.submit(path, 422)
    assert office.admin.row(f"/contacts/{office.ids['tom']}")["role"] == "requester"
    values = form_to(text, path)
    assert (values["name"], values["role"]) == (["Thomas Lang"], ["observer"])


def test_another_person_who_logs_in_sees_nothing_of_the_form(office: Office, store: Store) -> None:
    jane = a_reader(office, "jane")
    jane.open("/requests/new")
    end_sessions(store)
    send_files(jane, "/requests", {}, 401, **TYPED)
    text = log_in(jane, office, "tom")
    assert "Back to your form" not in text
    assert "Leaflet" not in text


def test_a_form_that_nobody_signed_is_no_form_to_return_to(office: Office) -> None:
    jane = Reader.of(office.admin.store)
    jane.open("/login")
    form = jane.form_to("/login")
    form.values["sealed_form"] = ["forged"]
    assert "Back to your form" not in log_in(jane, office, "jane")


def test_passwords_are_never_carried(office: Office, store: Store) -> None:
    jane = a_reader(office, "jane")
    jane.open("/account")
    end_sessions(store)
    text = jane.submit("/account/password", 401, old="Old-Secret-1", password="New-Secret-1", repeat="New-Secret-1")
    assert not re.search(r'name="sealed_form"', text)


def test_a_form_from_before_another_log_in_is_shown_again(office: Office) -> None:
    jane, other = a_reader(office, "jane"), a_reader(office, "jane")
    jane.open("/requests/new")
    jane.cookies.set("portal", other.cookies["portal"])
    jane.headers["Origin"] = "http://testserver"
    text = send_files(jane, "/requests", {"files": [("a.txt", b"x")]}, 403, **TYPED)
    assert "Back to your form" in text
    jane.page = jane.post("/requests", data=form_to(text, "/requests"), files=[("none", ("", b""))])
    must_hold_what_was_typed(form_to(jane.page.text, "/requests"))
    assert office.admin.items("/requests") == []


def test_a_form_that_was_sent_and_changed_is_shown_again(office: Office) -> None:
    jane = a_reader(office, "jane")
    jane.open("/requests/new")
    values = {**jane.form_to("/requests").values, **{name: [value] for name, value in TYPED.items()}}
    file = [("files", ("a.txt", b"x"))]
    assert jane.post("/requests", data=values, files=file).status_code == 200
    jane.page = jane.post("/requests", data={**values, "title": ["Another"]}, files=file)
    assert "This form was sent before, with other values." in jane.page.text
    assert form_to(jane.page.text, "/requests")["title"] == ["Another"]
    send_files(jane, "/requests", {"files": [("a.txt", b"x")]})
    assert sorted(row["title"] for row in office.admin.items("/requests")) == ["Another", 'Leaflet "A"']


def test_files_are_stored_when_they_are_chosen(office: Office, store: Store) -> None:
    jane = a_reader(office, "jane")
    jane.open("/requests/new")
    mark = {"mark": form_to(jane.page.text, "/requests")["mark"][0], "once": "upload-0123456789"}
    stored = jane.post("/uploads", data=mark, files=[("files", ("a.txt", b"Two words"))])
    (id,) = re.findall(r'name="kept_files" value="([^"]+)"', stored.text)
    assert id in jane.get(f"/uploads?field=files&ids={id}").text
    assert id not in a_reader(office, "tom").get(f"/uploads?field=files&ids={id}").text
    object.__setattr__(store, "vault", Vault(store.vault.folder, max_bytes=10))
    refused = jane.post("/uploads", data={**mark, "once": "upload-0123456780"}, files=[("files", ("b.txt", b"x" * 11))])
    assert (refused.status_code, "“b.txt” is too large" in refused.text) == (422, True)
    assert jane.post("/uploads", data={**mark, "mark": "0"}, files=[("files", ("b.txt", b"x"))]).status_code == 403
