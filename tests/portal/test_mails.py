"""Mails on their way: written with the change, carried by SMTP, tried again, given up, never sent twice."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from reconciler.portal.actions import outbox
from reconciler.portal.actions.outbox import forget_mails
from reconciler.portal.delivery.messages import NotSendable, message, recipient
from reconciler.portal.delivery.smtp import MailServer, mail_server
from reconciler.portal.delivery.worker import send_due_mails
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.mail.rendering import LinkedRequest, render_mail
from reconciler.portal.server.logs import JsonLines
from reconciler.portal.store.store import Store, open_store
from tests.pages.reader import Reader
from tests.portal.accounts import mails_as_sent, secret_of
from tests.portal.harness import Api, Clock, key, refused
from tests.portal.sink import Sink, mail_sink

SENDER = "portal@provider.example"
HOSTILE = (
    "<img src=x onerror=alert(1)>", "</p><script>alert(1)</script>", '"><a href="javascript:x">', "&#x3C;b&#x3E;",
    "{link}", "{0.__class__}", "\u202egnp.exe", "a\r\nBcc: eve@evil.example",
)  # fmt: skip


@pytest.fixture
def sink() -> Iterator[Sink]:
    with mail_sink() as running:
        yield running


def to(sink: Sink, **more: Any) -> MailServer:
    return replace(mail_server(sink.url, SENDER, None), answer_within_s=1.0, **more)


def invited(api: Api, n: int = 1) -> list[dict[str, Any]]:
    _, people = api.a_customer(*["requester"] * n)
    return people


def states(api: Api) -> list[tuple[str, int]]:
    return sorted((mail["state"], mail["tries"]) for mail in api.items("/outbox"))


def test_a_mail_goes_out_once_with_text_and_html_to_exactly_one_recipient(api: Api, store: Store, sink: Sink) -> None:
    invited(api)
    (written,) = api.items("/outbox")
    assert send_due_mails(store, to(sink))
    assert send_due_mails(store, to(sink))
    (taken,) = sink.taken
    sent, (row,) = taken.message, api.items("/outbox")
    assert taken.recipients == ["requester-0@acme.example"]
    assert sent["Message-ID"] == row["message_id"]
    assert sent["Date"].datetime.strftime("%Y-%m-%dT%H:%M:%SZ") == row["created_at"]
    assert (sent["From"], sent["To"]) == (f"Customer portal <{SENDER}>", "requester-0@acme.example")
    assert (sent["Auto-Submitted"], sent["Subject"]) == ("auto-generated", row["subject"])
    assert sent.get_content_type() == "multipart/alternative"
    plain, marked_up = sent.iter_parts()
    assert (plain.get_content().replace("\r\n", "\n"), marked_up.get_content_type()) == (written["text"], "text/html")
    assert (row["state"], row["tries"], row["sent_at"]) == ("sent", 1, store.clock())


def test_the_same_row_is_the_same_message_byte_for_byte(api: Api) -> None:
    invited(api)
    (row,) = api.items("/outbox")
    assert bytes(message(row, SENDER, "Portal")) == bytes(message(row, SENDER, "Portal"))


def test_without_a_mail_server_mails_wait_and_leave_when_there_is_one(api: Api, store: Store, sink: Sink) -> None:
    invited(api, 3)
    assert states(api) == [("queued", 0)] * 3
    send_due_mails(store, to(sink))
    assert states(api) == [("sent", 1)] * 3
    assert len({taken.message["Message-ID"] for taken in sink.taken}) == 3


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
def test_a_not_now_is_tried_again_later_and_later(api: Api, store: Store, clock: Clock, sink: Sink, verb: str) -> None:
    invited(api)
    sink.answers[verb] = "450 4.2.0 the mailbox is busy"
    for tries, minutes in enumerate((1, 5, 15, 60), start=1):
        send_due_mails(store, to(sink))
        send_due_mails(store, to(sink))
        assert states(api) == [("queued", tries)]
        clock.move(minutes=minutes)
    assert "450 4.2.0" in api.items("/outbox")[0]["last_error"]
    sink.answers.clear()
    send_due_mails(store, to(sink))
    assert states(api) == [("sent", 5)]
    assert len(sink.taken) == 1


def test_the_log_says_why_a_mail_waits_and_not_whose_it_is(api: Api, store: Store, sink: Sink, caplog: Any) -> None:
    invited(api)
    sink.answers["RCPT"] = "450 4.2.0 <requester-0@acme.example> is busy"
    send_due_mails(store, to(sink))
    lines = [JsonLines().format(record) for record in caplog.records if record.message == "mail"]
    assert [json.loads(line)["reason"] for line in lines] == ["450"]
    assert "acme" not in "".join(lines)


def test_what_is_never_taken_in_three_days_is_a_dead_letter(api: Api, store: Store, clock: Clock, sink: Sink) -> None:
    invited(api)
    sink.answers["RCPT"] = "451 4.3.0 later"
    began = clock.now
    while states(api)[0][0] == "queued":
        send_due_mails(store, to(sink))
        clock.move(minutes=1)
        following = api.items("/outbox")[0]["next_try_at"]
        clock.now = following or clock.now
    assert "2026-11-25" < clock.now < "2026-11-27", (began, clock.now)
    assert api.items("/outbox", state="dead")[0]["last_error"].startswith("given up after 9 tries: 451")


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
def test_a_never_is_a_dead_letter_at_once_and_others_still_leave(api: Api, store: Store, sink: Sink, verb: str) -> None:
    invited(api)
    sink.answers[verb] = "550 5.1.1 nobody of this name"
    send_due_mails(store, to(sink))
    sink.answers.clear()
    _, _ = api.a_customer("requester", name="Other")
    send_due_mails(store, to(sink))
    assert states(api) == [("dead", 1), ("sent", 1)]


def test_a_dead_letter_is_queued_again_by_an_administrator(api: Api, store: Store, sink: Sink, as_scope: Any) -> None:
    invited(api)
    sink.answers["RCPT"] = "550 no"
    send_due_mails(store, to(sink))
    (mail,) = api.items("/outbox", state="dead")
    refused(as_scope("apply").post(f"/outbox/{mail['id']}/retry", headers=key()), "forbidden")
    answer = api.post(f"/outbox/{mail['id']}/retry", headers=key())
    assert (answer.status_code, answer.json()["state"], answer.json()["tries"]) == (200, "queued", 0)
    refused(api.post(f"/outbox/{mail['id']}/retry", headers=key()), "wrong-state")
    refused(api.post("/outbox/mail_nobody/retry", headers=key()), "not-found")
    assert api.row("/changes?since=2")["items"][-1]["what"] == "outbox/retry"
    sink.answers.clear()
    send_due_mails(store, to(sink))
    assert api.row(f"/outbox/{mail['id']}")["state"] == "sent"


def test_a_dead_letter_is_queued_again_on_its_page(api: Api, store: Store, sink: Sink) -> None:
    invited(api)
    sink.answers["RCPT"] = "550 no"
    send_due_mails(store, to(sink))
    (mail,) = api.items("/outbox")
    reader = Reader.staff(store)
    assert "550 no" in reader.open(f"/admin/outbox/{mail['id']}")
    reader.submit(f"/admin/outbox/{mail['id']}/retry")
    assert api.row(f"/outbox/{mail['id']}")["state"] == "queued"


def test_a_server_that_says_nothing_delays_one_mail_and_nobody_else(api: Api, store: Store, sink: Sink) -> None:
    invited(api, 3)
    sink.silent.set()
    assert not send_due_mails(store, replace(to(sink), answer_within_s=0.2))
    assert states(api) == [("queued", 0), ("queued", 0), ("queued", 1)]


def test_a_server_that_is_not_there_delays_mails(api: Api, store: Store) -> None:
    invited(api)
    with mail_sink() as gone:
        server = to(gone)
    assert not send_due_mails(store, server)
    assert states(api) == [("queued", 1)]


def test_no_mail_leaves_unprotected_when_protection_is_demanded(api: Api, store: Store, sink: Sink) -> None:
    invited(api)
    assert not send_due_mails(store, to(sink, tls="starttls"))
    assert sink.taken == []
    assert "STARTTLS" in api.items("/outbox")[0]["last_error"]


def test_a_password_the_server_refuses_costs_no_mail_its_life(api: Api, store: Store) -> None:
    invited(api)
    with mail_sink(offers=("AUTH PLAIN",), answers={"AUTH": "535 5.7.8 no"}) as sink:
        assert not send_due_mails(store, to(sink, user="portal", password="wrong"))
    assert states(api) == [("queued", 1)]
    assert "wrong" not in api.items("/outbox")[0]["last_error"]


@pytest.mark.parametrize(
    ("url", "tls"),
    [
        ("smtp://127.0.0.1:2525", "none"), ("smtp://localhost", "none"), ("smtp://mail.example", "starttls"),
        ("smtps://mail.example", "from the start"),
    ],
)  # fmt: skip
def test_off_this_machine_mails_travel_protected(url: str, tls: str) -> None:
    assert mail_server(url, SENDER, None).tls == tls


@pytest.mark.parametrize(
    ("url", "sender", "password"),
    [
        ("smtp://u:secret@mail.example", SENDER, None), ("smtp://u@mail.example", SENDER, None),
        ("smtp://mail.example", SENDER, "p"), ("http://mail.example", SENDER, None), ("smtp://", SENDER, None),
        ("smtp://mail.example:99999", SENDER, None), ("smtp://mail.example/x", SENDER, None),
        ("smtp://mail.example", "nobody", None),
    ],
)  # fmt: skip
def test_settings_for_mails_that_do_not_fit_are_refused_without_their_secret(
    url: str, sender: str, password: str | None
) -> None:
    with pytest.raises(ValueError, match=r"\w") as refusal:
        mail_server(url, sender, password)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "address",
    [
        "a@x.example\r\nBcc: eve@evil.example", "a@x.example, eve@evil.example", "a@x.example;b@y.example",
        "Ada <a@x.example>", "a\0@x.example", "a b@x.example", "@x.example", "nobody", "a@x.example ",
    ],
)  # fmt: skip
def test_what_is_not_one_address_is_no_recipient(address: str) -> None:
    with pytest.raises(NotSendable):
        recipient(address)


def test_an_address_in_other_letters_is_sent_as_the_wire_wants_it(api: Api, store: Store, sink: Sink) -> None:
    home, _ = api.a_customer()
    api.create("/contacts", customer=home["id"], name="Zoé", role="observer", email="zoe@bücher.example")
    send_due_mails(store, to(sink))
    assert [taken.recipients for taken in sink.taken] == [["zoe@xn--bcher-kva.example"]]


@pytest.mark.parametrize("payload", HOSTILE)
def test_what_people_call_themselves_is_text_in_a_mail_and_nothing_else(payload: str) -> None:
    facts = {
        "portal": payload, "name": payload, "customer": payload, "role": "manager",
        "address": "https://portal.example/login", "contact": payload, "link": "https://portal.example/activate/x",
        "until": "2026-12-01", "count": "1", "from_name": payload, "reason": payload,
    }  # fmt: skip
    for wording in (
        Wording.ACTIVATION, Wording.ACTIVATION_AGAIN, Wording.ADDRESS_CHANGED, Wording.WORK_RECEIVED, Wording.REJECTED,
    ):  # fmt: skip
        for language in ("en", "fr", "de"):
            written = render_mail(wording, language, facts, [LinkedRequest(payload, 482193, facts["link"])] * 2)
            assert "\n" not in written.subject
            assert "\r" not in written.subject
            page = _Page(written.html)
            assert page.found == {
                "html": {"lang": language, "dir": "ltr"}, "head": {}, "meta": {"charset": "utf-8"}, "title": {},
                "style": {}, "body": {}, "p": page.found["p"],
                **({"br": {}} if "br" in page.found else {}),
                **({"a": {"href": "https://portal.example/activate/x"}} if "a" in page.found else {}),
            }  # fmt: skip
            row = {
                "id": "mail_1", "to": "a@x.example", "subject": written.subject, "created_at": "2026-11-23T12:00:00Z",
                "message_id": "<mail_1@portal-1>", "language": language, "text": written.text, "html": written.html,
            }  # fmt: skip
            sent = message(row, SENDER, payload)
            assert (len(sent.get_all("To", [])), sent["Bcc"]) == (1, None)


def test_a_local_part_in_other_letters_goes_only_where_it_can_be_carried(api: Api, store: Store, sink: Sink) -> None:
    home, _ = api.a_customer()
    api.create("/contacts", customer=home["id"], name="Zoé", role="observer", email="zoé@acme.example")
    send_due_mails(store, to(sink))
    assert [taken.recipients for taken in sink.taken] == [["zoé@acme.example"]]
    sink.offers = ()
    api.create("/contacts", customer=home["id"], name="Noé", role="observer", email="noé@acme.example")
    send_due_mails(store, to(sink))
    assert states(api) == [("dead", 1), ("sent", 1)]


def test_mails_wear_the_providers_colour(api: Api) -> None:
    api.write("PATCH", "/settings", 1, {"branding": {"primary_color": "#aa3300"}})
    invited(api)
    assert "#aa3300" in api.items("/outbox")[0]["html"]
    assert "style=" not in api.items("/outbox")[0]["html"]


def test_several_carriers_share_the_work_and_send_nothing_twice(
    api: Api, database: str, clock: Clock, sink: Sink
) -> None:
    invited(api, 25)
    stores = [open_store(database, clock) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda one: send_due_mails(one, to(sink)), stores))
    for one in stores:
        one.engine.dispose()
    assert len(sink.taken) == 25
    assert len({taken.message["Message-ID"] for taken in sink.taken}) == 25


def test_a_taker_who_died_leaves_its_mail_to_others_after_a_while(
    api: Api, store: Store, clock: Clock, sink: Sink
) -> None:
    invited(api)
    lost = outbox.claim_next(store)
    assert lost is not None
    send_due_mails(store, to(sink))
    assert (sink.taken, states(api)) == ([], [("sending", 1)])
    clock.move(minutes=outbox.CLAIM_MINUTES)
    send_due_mails(store, to(sink))
    assert states(api) == [("sent", 2)]
    outbox.record_deferred(store, lost, "too late: it is another's now")
    assert states(api) == [("sent", 2)]


def test_a_change_that_was_undone_sends_nothing(api: Api, store: Store, sink: Sink) -> None:
    people = invited(api)
    send_due_mails(store, to(sink))
    api.create("/contacts", customer=people[0]["customer"], name="B", role="observer", email="b@acme.example")
    answer = api.post(
        "/contacts", headers={**key(), "If-None-Match": "*"},
        json={"customer": people[0]["customer"], "name": "C", "role": "observer", "email": "b@acme.example"},
    )  # fmt: skip
    refused(answer, "address-taken")
    send_due_mails(store, to(sink))
    assert [taken.recipients[0] for taken in sink.taken] == ["requester-0@acme.example", "b@acme.example"]


def test_a_carrier_that_is_told_to_stop_finishes_one_mail_and_leaves_the_rest(
    api: Api, store: Store, sink: Sink
) -> None:
    invited(api, 5)
    done = threading.Event()
    sink.on_taken = lambda _: done.set()
    send_due_mails(store, to(sink), done)
    assert states(api) == [("queued", 0)] * 4 + [("sent", 1)]


def test_a_mail_that_left_is_forgotten_after_thirty_days_but_not_that_it_was_sent(
    api: Api, store: Store, clock: Clock, sink: Sink
) -> None:
    (person,) = invited(api)
    send_due_mails(store, to(sink))
    (mail,) = api.items("/outbox")
    assert mail["forget_at"] == "2026-12-23T12:00:00Z"
    clock.move(days=30, seconds=-1)
    assert (forget_mails(store), api.items("/outbox")) == (0, [mail])
    revision = api.row("/meta")["revision"]
    clock.move(seconds=1)
    assert (forget_mails(store), forget_mails(store)) == (1, 0)
    nothing = {"to": "", "subject": "", "text": "", "html": "", "forget_at": None}
    assert api.items("/outbox") == [{**mail, **nothing}]
    assert (mail["state"], mail["contact"], mail["message_id"][:6]) == ("sent", person["id"], "<mail_")
    assert api.row("/meta")["revision"] == revision
    page = Reader.staff(store).open(f"/admin/outbox/{mail['id']}")
    assert "The recipient and the text have been erased" in page
    assert "requester-0@acme.example" not in page


def test_a_dead_letter_is_forgotten_too_and_then_it_is_too_late_to_try_again(
    api: Api, store: Store, clock: Clock, sink: Sink
) -> None:
    invited(api, 2)
    sink.answers["RCPT"] = "550 <requester-0@acme.example> is nobody"
    send_due_mails(store, to(sink))
    forgotten, again = (mail["id"] for mail in api.items("/outbox"))
    clock.move(days=30)
    api.post(f"/outbox/{again}/retry", headers=key())
    assert forget_mails(store) == 1
    left = api.row(f"/outbox/{forgotten}")
    assert (left["state"], left["text"], left["last_error"]) == ("dead", "", None)
    assert "was emptied" in refused(api.post(f"/outbox/{forgotten}/retry", headers=key()), "wrong-state")["detail"]
    reader = Reader.staff(store)
    reader.open(f"/admin/outbox/{forgotten}")
    assert f"/admin/outbox/{forgotten}/retry" not in reader.page.text
    sink.answers.clear()
    send_due_mails(store, to(sink))
    assert (api.row(f"/outbox/{again}")["state"], len(sink.taken)) == ("sent", 1)


def test_what_still_waits_is_kept_however_long(api: Api, store: Store, clock: Clock, sink: Sink) -> None:
    invited(api)
    clock.move(days=400)
    assert forget_mails(store) == 0
    send_due_mails(store, to(sink))
    assert len(sink.taken) == 1


def test_erasing_a_person_takes_her_from_mails_to_others_and_from_those_before_she_was_a_contact(
    api: Api, store: Store, sink: Sink
) -> None:
    sign_up = {"name": "Rita Falk", "email": "Rita@acme.example", "role": "requester", "language": "en", "code": None}
    assert api.post("/sign-ups", json=sign_up).status_code == 202
    home, (heir,) = api.a_customer("manager")
    api.create("/contacts", customer=home["id"], name="Rita Falkner", email="falkner@acme.example", role="observer")
    rita = api.create("/contacts", customer=home["id"], name="Rita Falk", email="rita@acme.example", role="requester")
    api.a_request(rita)
    gone = api.act(f"/contacts/{rita['id']}/offboard", rita, work_to=heir["id"])
    send_due_mails(store, to(sink))
    named = {mail["kind"] for mail in api.items("/outbox") if "Rita Falk" in mail["text"]}
    assert named == {"activation", "work_received"}
    api.act(f"/contacts/{rita['id']}/erase", gone)
    left = api.items("/outbox")
    assert "rita" not in str([mail for mail in left if mail["to"] != "falkner@acme.example"]).lower()
    assert sorted((mail["kind"], mail["text"] == "") for mail in left) == [
        ("activation", False), ("activation", False), ("confirm", True), ("work_received", True),
    ]  # fmt: skip
    assert {mail["state"] for mail in left} == {"sent"}


class _Page(HTMLParser):
    """The elements of a page, and the attributes each kind of them has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str | None]] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.setdefault(tag, {}).update(attrs)


def test_a_link_is_its_readers_alone_once_it_was_sent(api: Api, store: Store, sink: Sink) -> None:
    (person,) = invited(api)
    (written,) = api.items("/outbox")
    secret = secret_of(written, "activate")
    assert secret in written["html"]
    assert send_due_mails(store, to(sink))
    assert secret in sink.taken[0].message.as_string().replace("=\n", "")
    (sent,) = api.items("/outbox")
    for name in ("text", "html"):
        assert sent[name] == written[name].replace(secret, "…")
    assert api.post("/activations", json={"secret": secret, "password": "Sesam0effne"}).status_code == 204
    assert api.row(f"/contacts/{person['id']}")["status"] == "active"


def test_no_administrator_reads_the_link_by_which_another_comes_back_in(api: Api, store: Store) -> None:
    _, (manager,) = api.a_customer("manager")
    Reader.contact(store, manager["id"])
    ada = Reader.staff(store)
    for email in ("ada@provider.example", manager["email"]):
        assert api.post("/resets", json={"email": email}).status_code == 202
    mails = {mail["to"]: mail for mail in api.items("/outbox", kind="reset")}
    queued = mails["ada@provider.example"]
    assert "/reset/…" in queued["text"]
    assert "/reset/…" in queued["html"]
    assert api.row(f"/outbox/{queued['id']}") == queued
    assert "/reset/…" in ada.open(f"/admin/outbox/{queued['id']}")
    assert len(secret_of(mails[manager["email"]], "reset")) == 32, "people's links are passed on by hand"
    (row,) = [mail for mail in mails_as_sent(store) if mail["id"] == queued["id"]]
    assert "…" not in row["text"], "it is sent whole"


def test_an_answer_that_is_kept_keeps_no_link(api: Api, store: Store, sink: Sink) -> None:
    invited(api)
    sink.answers["RCPT"] = "550 no"
    send_due_mails(store, to(sink))
    (mail,) = api.items("/outbox", state="dead")
    secret = secret_of(mail, "activate")
    answer = api.post(f"/outbox/{mail['id']}/retry", headers=key())
    assert (answer.status_code, answer.json()["state"], secret in answer.text) == (200, "queued", False)
    assert secret in api.row(f"/outbox/{mail['id']}")["text"]
