"""The administrator's pages, in the order in which a day brings them up."""

from __future__ import annotations

import re

import pytest

from reconciler.portal.actions import registrations
from reconciler.portal.i18n.catalogs import LANGUAGES
from reconciler.portal.pages.queries.history import MentionedObjects, history_entry
from reconciler.portal.pages.rendering import translator
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.portal.harness import Api

PAGES = (
    "/admin/contacts", "/admin/contacts/new", "/admin/customers", "/admin/customers/new", "/admin/services",
    "/admin/services/new", "/admin/settings", "/admin/outbox", "/admin/history", "/admin/usage",
)  # fmt: skip


def register(store: Store, home: str | None, name: str = "Rita Ruiz", email: str = "rita@acme.example") -> str:
    with store.write(SYSTEM) as work:
        customer = work.get("customer", home) if home else None
        row = registrations.register(
            work, customer, {"name": name, "email": email, "role": "requester", "language": "fr"}
        )
        work.audit(AuditAction.SIGN_UP, row, None, {"name": name})
    return row.id


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_every_page_opens_in_every_language(store: Store, language: str) -> None:
    api = Api.of(store)
    home, people, _ = api.managed("manager", "requester")
    api.create(
        "/services",
        code="certified",
        name="Certified",
        workflows=["automatic_quote"],
        price={"currency": "EUR", "per_word": "0.19"},
    )
    reader = Reader.staff(store, language=language)
    one = (f"/admin/customers/{home['id']}", f"/admin/contacts/{people[0]['id']}", f"/admin/services/{api.items('/services')[0]['id']}",
           f"/admin/outbox/{api.items('/outbox')[0]['id']}")  # fmt: skip
    for path in (*PAGES, *one):
        text = reader.open(path)
        assert f'<html lang="{language}" dir="ltr">' in text
        assert not re.search(r">\s*[a-z_]+\.[a-z_.]+\s*<", text), f"{path} shows a key instead of a sentence"


def test_who_waits_for_approval_stands_first(store: Store) -> None:
    api = Api.of(store)
    home, _ = api.a_customer("manager")
    register(store, home["id"])
    text = Reader.staff(store).open("/admin/contacts")
    assert "Waiting for approval (1)" in text
    assert text.index("Rita Ruiz") < text.index("Manager 0")


def test_approving_assigns_a_customer_and_sends_the_activation(store: Store) -> None:
    api = Api.of(store)
    home, _ = api.a_customer("manager")
    id = register(store, None)
    reader = Reader.staff(store)
    reader.open(f"/admin/contacts/{id}")
    assert "activation e-mail" in reader.submit(f"/admin/contacts/{id}/approve", customer=home["id"], role="observer")
    row = api.row(f"/contacts/{id}")
    assert (row["customer"], row["status"], row["role"]) == (home["id"], "invited", "observer")
    assert ("activation", "rita@acme.example") in api.mails()


def test_approving_without_a_customer_says_what_is_missing_and_keeps_what_was_typed(store: Store) -> None:
    id = register(store, None)
    reader = Reader.staff(store)
    reader.open(f"/admin/contacts/{id}")
    text = reader.submit(f"/admin/contacts/{id}/approve", 422, customer="", name="Rita R. Ruiz")
    assert "Not saved yet" in text
    assert "Rita R. Ruiz" in text


def test_rejecting_tells_the_person_why(store: Store) -> None:
    api = Api.of(store)
    home, _ = api.a_customer("manager")
    id = register(store, home["id"])
    reader = Reader.staff(store)
    reader.open(f"/admin/contacts/{id}")
    for why in ("a\x1b[2Jb", "a\u202eb", "x" * 501):
        assert "Not saved yet" in reader.submit(f"/admin/contacts/{id}/reject", 422, why=why)
    reader.submit(f"/admin/contacts/{id}/reject", why="Ask your manager first")
    assert "Ask your manager first" in api.items("/outbox", kind="rejected")[0]["text"]


def test_adding_editing_deleting_restoring_a_contact(store: Store) -> None:
    api = Api.of(store)
    home, _ = api.a_customer("manager")
    reader = Reader.staff(store)
    reader.open(f"/admin/contacts/new?customer={home['id']}")
    reader.submit("/admin/contacts", name="Tom Lang", email="tom@acme.example", role="requester")
    (row,) = [each for each in api.items("/contacts") if each["email"] == "tom@acme.example"]
    path = f"/admin/contacts/{row['id']}"
    reader.open(path)
    reader.submit(path, email="tom.lang@acme.example")
    assert ("address_changed", "tom@acme.example") in api.mails()
    reader.open(path)
    reader.submit(f"{path}/remove")
    assert api.row(f"/contacts/{row['id']}")["status"] == "removed"
    reader.open(path)
    reader.submit(f"{path}/restore")
    assert api.row(f"/contacts/{row['id']}")["status"] == "invited"


def test_an_address_that_is_taken_is_a_mistake_at_its_field(store: Store) -> None:
    api = Api.of(store)
    home, _ = api.a_customer("manager")
    reader = Reader.staff(store)
    reader.open("/admin/contacts/new")
    text = reader.submit(
        "/admin/contacts", 422, customer=home["id"], name="Twin", email="MANAGER-0@acme.example", role="observer"
    )
    assert 'id="m-email">Someone else already logs in with this address.' in text


def test_a_customer_is_added_readied_and_archived(store: Store) -> None:
    api = Api.of(store)
    api.create("/services", code="express", name="Express")
    for name in ("Lee", "Kim"):
        api.create("/staff", name=name, email=f"{name.lower()}@provider.example", kind="project_manager")
    reader = Reader.staff(store)
    reader.open("/admin/customers/new")
    text = reader.submit("/admin/customers", name="Brackenfield Ltd", language="en")
    assert "cannot order yet. Missing: a contact, a project manager, a service." in text
    (row,) = api.items("/customers")
    path = f"/admin/customers/{row['id']}"
    reader.submit(path, project_managers=["lee@provider.example", "kim@provider.example"], services=["express"])
    assert api.row(f"/customers/{row['id']}")["project_managers"] == ["kim@provider.example", "lee@provider.example"]
    assert re.search(r"[A-Z2-9]{5}-[A-Z2-9]{5}-[A-Z2-9]{5}", reader.submit(f"{path}/renew-code"))
    assert "Archived." in reader.submit(f"{path}/archive")
    assert "Archived on " in reader.page.text
    assert api.row(f"/customers/{row['id']}")["status"] == "archived"


def test_settings_change_the_colours_of_every_page(store: Store) -> None:
    reader = Reader.staff(store)
    reader.open("/admin/settings")
    reader.submit("/admin/settings", primary_color="#ffe100", sign_up="open")
    assert "--brand:#ffe100;--on-brand:#111111;" in reader.get("/branding.css").text
    assert Api.of(store).row("/settings")["sign_up"] == "open"


def test_history_shows_who_what_and_which_commit(store: Store) -> None:
    api = Api.of(store)
    _, people, lease = api.managed("manager", "requester")
    row = api.row(f"/contacts/{people[1]['id']}")
    api.done(lease, {"op": "change_role", "id": row["id"], "version": row["version"], "fields": {"role": "observer"}})
    text = Reader.staff(store).open(f"/admin/history?id={row['id']}")
    assert "4f1c4f1c" in text
    assert "<del><bdi>Requester</bdi></del> → <bdi>Observer</bdi>" in text


def test_history_is_told_in_sentences_of_the_readers_language(store: Store) -> None:
    api = Api.of(store)
    _, people, lease = api.managed("manager", "requester", "requester")
    api.a_request(people[1])
    row = api.row(f"/contacts/{people[1]['id']}")
    to = {"id": people[2]["id"], "version": people[2]["version"]}
    api.done(
        lease, {"op": "remove_contact", "id": row["id"], "version": row["version"], "work_to": to, "reason": "left"}
    )
    text = Reader.staff(store, language="de").open(f"/admin/history?id={row['id']}")
    assert f'<a href="/admin/contacts/{row["id"]}"><bdi>hat den Kontakt Requester 1 gelöscht</bdi></a>' in text
    assert "<strong>Status</strong> <bdi>gelöscht</bdi>" in text.replace("<del><bdi>eingeladen</bdi></del> → ", "")
    assert "<strong>Geht an</strong> <bdi>Requester 2</bdi>" in text
    assert "<strong>Grund</strong> <bdi>die Person ist ausgeschieden</bdi>" in text
    assert "<code>customers/acme/contacts/requester-1.yaml</code>" in text
    assert "Nur was Requester 1 betrifft." in text
    assert "<code>remove_contact</code>" in text


def test_every_act_that_history_keeps_is_told_in_every_language() -> None:
    names = MentionedObjects({"con_1": "Jane Doe"}, {})
    for verb in AuditAction:
        entry = {
            "what": str(verb), "object": "contact", "id": "con_1", "before": None, "after": None, "actor": "system",
        }  # fmt: skip
        for language in LANGUAGES:
            sentence = history_entry(translator(language), entry, names).sentence
            assert sentence
            assert "{" not in sentence


def test_an_act_of_another_version_of_the_portal_is_told_as_a_change() -> None:
    entry = {
        "what": "turn_around",
        "object": "contact",
        "id": "con_1",
        "before": None,
        "after": None,
        "actor": "system",
    }
    assert (
        history_entry(translator("en"), entry, MentionedObjects({"con_1": "Jane Doe"}, {})).sentence
        == "changed the contact Jane Doe"
    )


def test_the_portals_name_is_the_readers_until_an_administrator_gives_it_one(store: Store) -> None:
    api, ada = Api.of(store), Reader.staff(store)
    assert ['class="brand" href="/">Portail client<' in Reader.of(store, "fr").open("/login"), api.row("/meta")["name"]] == [
        True, "Customer portal",
    ]  # fmt: skip
    ada.open("/admin/settings")
    assert "This is too long." in ada.submit("/admin/settings/name", 422, portal_name="x" * 61)
    assert ada.form_to("/admin/settings/name").values["portal_name"] == ["x" * 61]
    assert ada.form_to("/admin/settings").values["sign_up"] == ["approval_required"], "the other form is as it was"
    ada.open("/admin/settings")
    assert "– Words &amp; Co</title>" in ada.submit("/admin/settings/name", portal_name="Words & Co")
    assert "– Words &amp; Co</title>" in Reader.of(store, "fr").open("/login")
    assert api.row("/meta")["name"] == "Words & Co"
    (entry,) = [each for each in api.row("/changes")["items"] if each["what"] == "portal/rename"]
    assert (entry["object"], entry["before"], entry["after"]) == ("portal", {"name": None}, {"name": "Words & Co"})
    assert "changed the name of the portal" in ada.open("/admin/history")
    api.a_customer("requester")
    assert api.items("/outbox")[0]["subject"] == "Words & Co: your access"
    ada.open("/admin/settings")
    ada.submit("/admin/settings/name", portal_name=" ")
    assert "– Kundenportal</title>" in Reader.of(store, "de").open("/login")


def test_long_lists_come_in_pages_and_every_row_once(store: Store) -> None:
    api = Api.of(store)
    home, _ = api.a_customer()
    for n in range(60):
        api.create(
            "/contacts", customer=home["id"], name=f"Person {n % 7}", role="observer", email=f"p{n}@acme.example"
        )
    reader, path, seen = Reader.staff(store), "/admin/contacts", []
    while path:
        text = reader.open(path)
        seen += re.findall(r"p\d+@acme\.example", text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        path = following[1].replace("&amp;", "&") if following else ""
    assert sorted(seen) == sorted(f"p{n}@acme.example" for n in range(60))


@pytest.mark.parametrize("mark", ["", "x", "WyJhIl0", "bnVsbA", "eyJhIjoxfQ", "WzEsMiwzXQ"])
def test_a_page_mark_that_is_none_of_ours_is_refused(store: Store, mark: str) -> None:
    answer = Reader.staff(store).get("/admin/contacts", params={"after": mark})
    assert answer.status_code == 400


def test_project_managers_do_not_administer(store: Store) -> None:
    reader = Reader.staff(store, "project_manager", "lee@provider.example")
    for path in PAGES:
        reader.open(path, 403)


@pytest.mark.parametrize(("language", "said"), [
    ("en", "Customers: 1, contacts: 2, open requests: 1."),
    ("fr", "Clients\xa0: 1, contacts\xa0: 2, demandes en cours\xa0: 1."),
    ("de", "Kunden: 1, Kontakte: 2, offene Anfragen: 1."),
])  # fmt: skip
def test_a_service_that_is_in_use_says_by_how_many(store: Store, language: str, said: str) -> None:
    api = Api.of(store)
    service = api.create("/services", code="express", name="Express")
    api.create("/services", code="express-2", name="Another")
    home, people = api.a_customer("requester", "requester", "observer")
    api.write("PATCH", f"/customers/{home['id']}", home["version"], {"services": ["express", "express-2"]})
    for person, codes in zip(people, (["express"], ["express"], ["express-2"]), strict=True):
        api.write("PATCH", f"/contacts/{person['id']}", person["version"], {"services": codes})
    request = api.a_request(people[0])
    with store.write(SYSTEM) as work:
        work.get("request", request["id"])["service"] = "express"
    reader = Reader.staff(store, language=language)
    path = f"/admin/services/{service['id']}"
    reader.open(path)
    assert said in reader.submit(f"{path}/remove", 409)
    problem = api.write("DELETE", f"/services/{service['id']}", 1).json()
    assert [problem[name] for name in ("type", "customers", "contacts", "requests")] == [
        "in-use",
        1,
        2,
        [request["id"]],
    ]
