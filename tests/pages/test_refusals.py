"""Forms that are not taken: all that is wrong is told at once, at its field, and nothing typed is lost."""

from __future__ import annotations

import base64
import html
import json
import re
from typing import Any

import pytest

from reconciler.portal.actions import registrations
from reconciler.portal.actions.schemas import OwnFields
from reconciler.portal.pages.forms.form import Mistakes, validate
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.pages.test_requests import ORDER, a_reader, send_files
from tests.portal.harness import Api, key
from tests.portal.office import Office, an_office, upload


@pytest.fixture
def office(store: Store) -> Office:
    return an_office(store)


@pytest.fixture
def api(store: Store) -> Api:
    return Api.of(store)


def told(text: str) -> list[str]:
    """What the head of a refused page says, line by line; every link of it leads to something on the page."""
    head = text[text.index('<div class="mistakes"') :]
    lines = re.findall(r"<li>(.*?)</li>", head[: head.index("</div>")], re.DOTALL)
    for place in re.findall(r'href="#([^"]+)"', head[: head.index("</div>")]):
        assert text.count(f'id="{place}"') == 1, place
    return [html.unescape(re.sub(r"<[^>]+>", "", line)) for line in lines]


def test_the_head_of_a_refused_page_names_fields_leads_to_them_and_is_where_reading_goes_on(office: Office) -> None:
    jane = a_reader(office, "jane")
    jane.open("/requests/new")
    text = send_files(jane, "/requests", {}, 422, deadline="2020-01-01T10:00")
    assert told(text) == [
        "Title: Please fill this in.", "Service: Please choose one.", "Source language: Please choose one.",
        "Target languages: Please choose one.", "Files to translate: Choose at least one file.",
        "Deadline: The deadline is in the past.",
    ]  # fmt: skip
    assert "Not sent yet" in text
    assert "<title>Error: New request – " in text
    assert '<div class="mistakes" role="alert" tabindex="-1" autofocus>' in text
    assert '<a href="/requests/new" aria-current="page">New request</a>' in text


def test_a_group_of_boxes_is_described_by_its_mistake(office: Office) -> None:
    office.admin.write(
        "PATCH", "/settings", office.admin.row("/settings")["version"], {"languages": {"target": ["de"]}}
    )
    jane = a_reader(office, "jane")
    jane.open("/requests/new")
    text = send_files(jane, "/requests", {}, 422)
    assert 'id="f-target_languages" tabindex="-1" aria-describedby="m-target_languages"' in text


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_six_wrong_settings_are_six_lines(store: Store, language: str) -> None:
    ada = Reader.staff(store, language=language)
    ada.open("/admin/settings")
    wrong = {
        "source": "en\nxx", "target": "de\nGerman", "offers": "9" * 5000, "activation": "soon", "primary_color": "blue",
        "logo": "ftp://x",
    }  # fmt: skip
    lines = told(ada.submit("/admin/settings", 422, **wrong))
    assert len(lines) == 6
    assert "xx" in lines[0]
    assert "German" in lines[1]
    assert "3650" in lines[2]
    assert "German" in ada.form_to("/admin/settings").values["target"][0]


def test_a_person_without_a_name_and_with_a_wrong_address_and_language(api: Api, store: Store) -> None:
    _, people = api.a_customer("manager", "requester")
    ada, path = Reader.staff(store), f"/admin/contacts/{people[1]['id']}"
    ada.open(path)
    text = ada.submit(path, 422, name=" ", email="nowhere", language="xx")
    assert [line.partition(":")[0] for line in told(text)] == ["Name", "E-mail address", "Language"]


def test_a_wrong_present_password_and_two_new_ones_that_differ(api: Api, store: Store) -> None:
    _, (manager,) = api.a_customer("manager")
    mara = Reader.contact(store, manager["id"])
    mara.open("/account")
    text = mara.submit("/account/password", 422, old="Nonsense1", password="short", repeat="other")
    assert told(text) == [
        "Current password: This is not your current password.", "New password: Too short: use at least 8 characters.",
        "New password again: The two passwords do not match.",
    ]  # fmt: skip


def test_a_demotion_without_an_heir_names_the_requests_and_keeps_the_choice(api: Api, store: Store) -> None:
    _, people = api.a_customer("manager", "requester", "requester")
    request = api.a_request(people[1], "Leaflet")
    mara, path = Reader.contact(store, people[0]["id"]), f"/team/{people[1]['id']}"
    mara.open(path)
    text = mara.submit(path, 422, role="observer", name="Rita Ruiz")
    assert told(text)[0].startswith("Who takes over the open requests? Choose who takes over")
    assert f'<a href="/requests/{request["id"]}"><bdi>Leaflet (#{request["number"]})</bdi></a>' in text
    assert mara.form_to(path).values["role"] == ["observer"]
    assert "Saved." in mara.submit(path, heir=people[2]["id"])
    assert api.row(f"/requests/{request['id']}")["owner"] == people[2]["id"]
    assert api.row(f"/contacts/{people[1]['id']}")["name"] == "Rita Ruiz"


@pytest.mark.parametrize("action", ["reassign", "remove"])
def test_reassigning_and_deleting_without_an_heir_ask_for_one(api: Api, store: Store, action: str) -> None:
    _, people = api.a_customer("manager", "requester")
    api.a_request(people[1])
    for reader, path in ((Reader.contact(store, people[0]["id"]), "/team"), (Reader.staff(store), "/admin/contacts")):
        reader.open(f"{path}/{people[1]['id']}")
        text = reader.submit(f"{path}/{people[1]['id']}/{action}", 422, heir="")
        assert told(text)[0].startswith("Who takes over the open requests?")
        assert f'id="f-{action}-heir"' in text
        assert reader.form_to(f"{path}/{people[1]['id']}").values["name"] == ["Requester 1"]


def test_a_stale_form_comes_back_with_what_was_typed_and_can_be_sent_again(api: Api, store: Store) -> None:
    _, people = api.a_customer("manager", "requester")
    ada, path = Reader.staff(store), f"/admin/contacts/{people[1]['id']}"
    ada.open(path)
    api.write("PATCH", f"/contacts/{people[1]['id']}", 1, {"name": "Somebody Else"})
    text = ada.submit(path, 412, name="Rita Ruiz")
    assert "Someone else changed this in the meantime." in text
    assert f'<a href="{path}">Show the current version' in text
    assert "Saved." in ada.submit(path)
    assert api.row(f"/contacts/{people[1]['id']}")["name"] == "Rita Ruiz"


def test_what_cannot_be_done_yet_is_told_on_its_page(api: Api, store: Store) -> None:
    service = api.create("/services", code="express", name="Express")
    home, people = api.a_customer("requester", services=["express"])
    api.a_request(people[0], "Leaflet")
    ada = Reader.staff(store)
    ada.open(f"/admin/services/{service['id']}")
    assert "Still in use. Remove it there first." in ada.submit(f"/admin/services/{service['id']}/remove", 409)
    ada.open(f"/admin/customers/{home['id']}")
    text = ada.submit(f"/admin/customers/{home['id']}/archive", 409)
    assert "Some requests are still open." in text
    assert "<bdi>Leaflet (#" in text
    assert ada.form_to(f"/admin/customers/{home['id']}").values["name"] == ["Acme"]
    (me,) = api.items("/staff")
    ada.open(f"/admin/staff/{me['id']}")
    text = ada.submit(f"/admin/staff/{me['id']}", 409, kind="project_manager", name="Ada Q.")
    assert "This is the last administrator." in text
    assert ada.form_to(f"/admin/staff/{me['id']}").values["name"] == ["Ada Q."]


@pytest.mark.parametrize("why", ["", "   "])
def test_a_rejection_needs_a_reason_and_reads_as_one(api: Api, store: Store, why: str) -> None:
    with store.write(SYSTEM) as work:
        fields = {"name": "Rita Ruiz", "email": "rita@acme.example", "role": "requester", "language": "fr"}
        id = registrations.register(work, None, fields).id
    ada, path = Reader.staff(store), f"/admin/contacts/{id}"
    ada.open(path)
    assert told(ada.submit(f"{path}/reject", 422, why=why)) == ["Reason: Please fill this in."]
    assert api.items("/outbox", kind="rejected") == []
    text = ada.submit(f"{path}/reject", why="We do not know you")
    assert '<span class="badge removed">rejected</span>' in text
    assert "Rejected on" in text
    assert "deleted" not in text.lower()[text.index("<main") : text.index("restore")]
    assert '<span class="badge removed">rejected</span>' in ada.open("/admin/contacts?everybody=true")


def test_a_delivery_names_the_languages_that_are_missing_and_goes_without_them_when_told(office: Office) -> None:
    id = office.send(office.jane, upload(office.jane)["id"], target_languages=["de", "fr"])["id"]
    office.do(office.pm, "approve", id)
    office.do(office.jane, "accept", id)
    pm = a_reader(office, "pm")
    pm.open(f"/requests/{id}")
    text = send_files(pm, f"/requests/{id}/deliver", {"files_de": [("Blatt.txt", b"Vier")]}, 422)
    assert told(text) == [
        "Liefern, Französisch: Auf Französisch ist keine Datei da. Wählen Sie eine, oder kreuzen Sie an, dass es keine gibt."
    ]
    assert office.admin.row(f"/requests/{id}")["state"] == "in_progress"
    assert "Blatt.txt" in text
    send_files(pm, f"/requests/{id}/deliver", {}, without=["fr"])
    assert office.admin.row(f"/requests/{id}")["state"] == "delivered"
    files = office.admin.row(f"/requests/{id}/files")["items"]
    assert [(each["name"], each["language"]) for each in files if each["kind"] == "delivery"] == [("Blatt.txt", "de")]


def test_without_any_file_nothing_is_delivered_whatever_is_ticked(office: Office) -> None:
    id = office.quoted()
    office.do(office.jane, "accept", id)
    pm = a_reader(office, "pm")
    pm.open(f"/requests/{id}")
    send_files(pm, f"/requests/{id}/deliver", {}, 422, without=["de"])
    text = send_files(pm, f"/requests/{id}/deliver", {"files_de": [("Blatt.txt", b"")]}, 422)
    assert told(text) == ["Liefern, Deutsch: Die Datei „Blatt.txt“ ist leer."]


def test_a_lapsed_session_is_told_at_the_log_in_which_leads_back(office: Office, store: Store) -> None:
    jane = a_reader(office, "jane")
    jane.open("/requests/new")
    form = jane.form_to("/requests").values
    jane.cookies.clear()
    jane.page = jane.post("/requests", data=form, files=[("files", ("a.txt", b"x"))])
    assert jane.page.status_code == 401
    assert "your form was not sent" in jane.page.text
    assert jane.form_to("/login").values["to"] == ["/requests/new"]
    assert jane.form_to("/language").values["to"] == ["/requests/new"]
    path = "/requests/req_1/accept"
    jane.page = jane.post(path, data=form)
    assert jane.form_to("/login").values["to"] == ["/requests/req_1"]


def test_a_page_behind_the_log_in_keeps_its_filter(store: Store) -> None:
    answer = Reader.of(store).get("/requests?state=quoted&service=x", follow_redirects=False)
    assert answer.headers["location"] == "/login?to=/requests%3Fstate%3Dquoted%26service%3Dx"


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/requests/req_1/accept", "/requests/req_1"), ("/requests/req_1/deliver", "/requests/req_1"),
        ("/team/con_1/remove", "/team/con_1"), ("/admin/contacts/con_1/reject", "/admin/contacts/con_1"),
        ("/admin/customers/cus_1/archive", "/admin/customers/cus_1"), ("/account/password", "/account"),
        ("/admin/outbox/mai_1/retry", "/admin/outbox/mai_1"), ("/logout", "/"), ("/language", "/"),
    ],
)  # fmt: skip
def test_whoever_opens_the_address_of_a_form_comes_to_its_page(store: Store, address: str, page: str) -> None:
    answer = Reader.staff(store).get(address, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, page)


@pytest.mark.parametrize(
    ("page", "address", "typed"),
    [
        ("/requests/new", "/requests", {}), ("/account", "/account", {"name": ""}),
        ("/account", "/account/password", {}), ("/team/COLLEAGUE", "/team/COLLEAGUE/reassign", {"heir": ""}),
    ],
)  # fmt: skip
def test_another_language_on_a_refused_form_leads_to_the_forms_page(
    office: Office, page: str, address: str, typed: dict[str, str]
) -> None:
    mara = a_reader(office, "mara")
    office.send(office.jane, upload(office.jane)["id"])
    page, address = (path.replace("COLLEAGUE", office.ids["jane"]) for path in (page, address))
    mara.open(page)
    files: dict[str, Any] = {"files": [("none", ("", b""))]} if address == "/requests" else {}
    mara.page = mara.post(address, data={**mara.form_to(address).values, **typed}, **files)
    assert mara.page.status_code == 422
    assert mara.form_to("/language").values["to"] == [page]


def test_a_customers_form_takes_only_what_there_is(api: Api, store: Store) -> None:
    home, _ = api.a_customer()
    api.create("/staff", name="Kim", email="Kim@provider.example", kind="project_manager")
    ada, path = Reader.staff(store), f"/admin/customers/{home['id']}"
    assert "None of our people has the address lee@provider.example." in ada.open(path)
    wrong = {"language": "xx", "project_managers": ["nobody@else.example"], "email_domains": "acme.example\n@@@"}
    assert [line.partition(":")[0] for line in told(ada.submit(path, 422, **wrong))] == [
        "Language", "Project managers", "E-mail domains",
    ]  # fmt: skip
    managers = ["lee@provider.example", "Kim@provider.example"]  # named by a file, or one of ours
    ada.submit(path, language="hu", project_managers=managers, email_domains="acme.example")
    row = api.row(f"/customers/{home['id']}")
    assert (row["language"], row["project_managers"]) == ("hu", sorted(managers))
    assert (row["email_domains"], row["services"]) == (["acme.example"], [])


def test_what_files_say_stays_though_pages_do_not_offer_it(api: Api, store: Store) -> None:
    home, _ = api.a_customer(language="qaa-x-house", email_domains=["intranet"])
    ada, path = Reader.staff(store), f"/admin/customers/{home['id']}"
    ada.open(path)
    assert "Saved." in ada.submit(path, description="As before")
    row = api.row(f"/customers/{home['id']}")
    assert (row["language"], row["email_domains"]) == ("qaa-x-house", ["intranet"])
    assert row["project_managers"] == ["lee@provider.example"]


def test_nobody_is_chosen_beforehand_to_receive_a_request(office: Office) -> None:
    id = office.quoted()
    mara = a_reader(office, "mara")
    mara.open(f"/requests/{id}")
    assert mara.form_to(f"/requests/{id}/reassign").values["heir"] == [""]
    assert told(mara.submit(f"/requests/{id}/reassign", 422))[0].startswith("New contact: ")
    assert office.admin.row(f"/requests/{id}")["owner"] == office.ids["jane"]


def test_a_request_says_what_happens_next_to_whoever_looks(office: Office) -> None:
    sent = office.send(office.jane, upload(office.jane, "a.pdf")["id"], workflow="automatic_quote")
    path = f"/requests/{sent['id']}"
    said = {
        "jane": "counts the words that are not counted yet, and prepares the quote. You’ll receive an e-mail.",
        "olga": "prepares the quote. Requester 0 will receive an e-mail.", "ada": "senden Sie das Angebot. Requester 0 erhält eine E-Mail.",
    }  # fmt: skip
    for name, sentence in said.items():
        assert sentence in a_reader(office, name).open(path)
    office.do(office.pm, "approve", sent["id"], words=10)
    assert "Accept the quote by" in a_reader(office, "jane").open(path)
    assert "Requester 0 or a manager decides" in a_reader(office, "olga").open(path)
    office.do(office.jane, "accept", sent["id"])
    assert "We are translating. You’ll receive an e-mail" in a_reader(office, "jane").open(path)


def test_the_source_language_is_no_target_and_an_empty_file_is_named(office: Office) -> None:
    languages = {"languages": {"source": ["de", "en"], "target": ["de", "en", "fr"]}}
    office.admin.write("PATCH", "/settings", office.admin.row("/settings")["version"], languages)
    jane = a_reader(office, "jane")
    text = jane.open("/requests/new")
    assert re.search(r'<input id="f-files"[^>]* required', text)
    wrong = {**ORDER, "source_language": "de", "target_languages": ["de", "fr"]}
    text = send_files(jane, "/requests", {"files": [("a.txt", b"")]}, 422, **wrong)
    assert told(text) == [
        "Target languages: German is the source language. Choose a different target language.",
        "Files to translate: The file “a.txt” is empty.",
    ]
    ticks = re.findall(r'name="target_languages" value="(\w+)" autocomplete="off"( checked)?', text)
    assert ticks == [("en", ""), ("fr", " checked"), ("de", " checked")]


def test_a_contact_is_offered_what_the_customer_may_order_and_told_when_it_is_nothing(api: Api, store: Store) -> None:
    for code in ("certified", "express", "internal"):
        api.create("/services", code=code, name=code.title())
    home, people = api.a_customer("requester", "observer", services=["certified", "express"])
    ada, path = Reader.staff(store), f"/admin/contacts/{people[0]['id']}"
    text = ada.open(path)
    assert re.findall(r'name="services" value="(\w+)"( checked)?', text) == [("certified", ""), ("express", "")]
    assert "cannot order anything" not in text
    form = ada.form_to(path).values
    del form["all_services"]
    ada.page = ada.post(path, data=form)
    assert "Requester 0 cannot order anything" in ada.page.text
    assert "cannot order anything" not in ada.submit(path, services=["express"])
    assert told(ada.submit(path, 422, services=["internal"])) == ["Services: Please choose one."]
    assert 'value="express"' not in ada.open("/admin/contacts/new")
    assert 'value="express"' in ada.open(f"/admin/contacts/new?customer={home['id']}")


def test_a_service_needs_a_workflow_a_whole_price_and_a_code(store: Store, api: Api) -> None:
    ada = Reader.staff(store)
    ada.open("/admin/services/new")
    wrong = {"code": "No Code", "name": "", "workflows": [], "per_word": "dear", "currency": ""}
    lines = told(ada.submit("/admin/services", 422, **wrong))
    assert [line.partition(":")[0] for line in lines] == [
        "Code", "Name", "Workflows", "Price per weighted word", "Currency",
    ]  # fmt: skip
    ada.submit(
        "/admin/services", code="web", name="Web", workflows=["pm_quote_manual"], per_word="0,14", currency="eur"
    )
    assert api.items("/services")[0]["price"] == {"currency": "EUR", "per_word": "0.14"}


@pytest.mark.parametrize("boundary", ["x" * 300, "x" * 5000])
def test_a_form_with_a_boundary_that_cannot_be_read_is_malformed(office: Office, boundary: str) -> None:
    jane = a_reader(office, "jane")
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    assert jane.post("/requests", content=b"--x", headers=kind).status_code == 400


HUGE = 10**30


@pytest.mark.parametrize("values", [[HUGE, "out_1"], [-HUGE, "out_1"], ["a", "b"], [True, "out_1"], [1, 2], [1, "\0"]])
def test_a_page_mark_of_another_kind_is_none_of_ours(store: Store, values: list[Any]) -> None:
    mark = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    answer = Reader.staff(store).get("/admin/outbox", params={"after": mark})
    assert answer.status_code == 400


def test_an_integer_that_no_column_holds_is_another_leases_token(api: Api) -> None:
    lease = api.lease("settings")
    answer = api.put(f"/leases/{lease['id']}", json={"token": HUGE, "ttl_s": 60})
    assert (answer.status_code, answer.json()["type"]) == (409, "lease-fenced")
    batch = api.batch({**lease, "token": HUGE}, {"op": "update_settings", "version": 1})
    assert (batch.status_code, batch.json()["type"]) == (409, "lease-fenced")
    for path in (f"/changes?since={HUGE}", f"/snapshot?since={HUGE}", f"/customers?limit={HUGE}"):
        assert api.get(path).status_code == 422
    home, _ = api.a_customer()
    answer = api.patch(f"/customers/{home['id']}", json={"name": "B"}, headers={**key(), "If-Match": f'"{HUGE}"'})
    assert answer.status_code == 400
    assert api.post("/requests", json={"words": HUGE}, headers={**key(), "If-None-Match": "*"}).status_code == 422


@pytest.mark.parametrize("typed", ["9" * 5000, "1e9", "-1", "²", "999999999"])
def test_words_that_are_no_number_of_words_stand_at_their_field(office: Office, typed: str) -> None:
    id = office.send(office.jane, upload(office.jane, "a.pdf")["id"])["id"]
    ada = a_reader(office, "ada")
    ada.open(f"/requests/{id}")
    assert told(ada.submit(f"/requests/{id}/approve", 422, words=typed, cost="9" * 40))[0].startswith(
        "Gewichtete Wörter"
    )


@pytest.mark.parametrize("name", ["", " "])
def test_a_value_that_a_schema_refuses_as_absent_is_missing(name: str) -> None:
    with pytest.raises(Mistakes) as mistakes:
        validate(OwnFields, {"name": name})
    assert mistakes.value.fields == {"name": "mistake.missing"}
