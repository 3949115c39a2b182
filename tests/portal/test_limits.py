"""What one person or one customer may cause: counted whatever becomes of it, bounded, and told to administrators."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeAlias

import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import func, select

from reconciler.cli.commands.portal import portal
from reconciler.model.errors import WrongUsage
from reconciler.portal.actions import sessions, uploads
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.rules.rights import changes_rights
from reconciler.portal.rules.throttle import DAY_S, HOUR_S, WINDOWS, Limit, Limits
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.portal.harness import Clock, key, refused
from tests.portal.office import TEN_WORDS, Office, an_office, upload

Act: TypeAlias = Callable[[Office, int], Any]


@pytest.fixture
def office(store: Store) -> Office:
    return an_office(store)


def limited(office: Office, **numbers: int) -> None:
    """Let the portal of this office have other limits."""
    limits = Limits.with_numbers({name.replace("_", "-"): number for name, number in numbers.items()})
    office.admin.app.state.store = replace(office.admin.store, limits=limits)  # type: ignore[attr-defined]


def pass_time(office: Office, clock: Clock, seconds: float) -> None:
    """Move the clock, and log everybody in again: sessions do not last that long."""
    clock.move(seconds=seconds)
    with office.admin.store.write(SYSTEM) as work:
        for name, client in office.clients.items():
            staff = work.where("staff", t.staff.c.name == name.title())
            person = {"contact": office.ids[name]} if name in office.ids else {"staff": staff[0].id}
            client.headers["Authorization"] = f"Bearer {sessions.begin_session(work, **person)['token']}"


def met(office: Office) -> list[tuple[str, str, str, str]]:
    """Which limits the history says that were met: by whom, about what, and which."""
    items = office.admin.get("/changes", params={"limit": 200}).json()["items"]
    found = [item for item in items if item["what"] == "limit_reached"]
    assert not [item for item in found if changes_rights(item)], "no plan becomes stale by it"
    return [(item["by"], item["object"], item["id"], item["after"]["limit"]) for item in found]


def figures(office: Office) -> dict[str, float]:
    """How many people and customers met each limit, as far as there are any."""
    text = office.admin.get("http://testserver/metrics").text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    samples = families["portal_limits_reached"].samples
    assert {sample.labels["limit"] for sample in samples} == {*Limit}
    return {sample.labels["limit"]: sample.value for sample in samples if sample.value}


def send(office: Office, number: int) -> Any:
    body = {
        "title": f"Leaflet {number}", "service": "certified", "workflow": "pm_quote_manual", "source_language": "en",
        "target_languages": ["de"], "files": [],
    }  # fmt: skip
    return office.jane.post("/requests", json=body, headers={**key(), "If-None-Match": "*"})


def reassign(office: Office, number: int) -> Any:
    id = office.admin.items("/requests")[0]["id"]
    version = office.admin.row(f"/requests/{id}")["version"]
    heir = office.ids["tom" if number % 2 == 0 else "jane"]
    return office.mara.write("POST", f"/requests/{id}/reassign", version, {"owner": heir})


def hand_over(office: Office, number: int) -> Any:
    one, other = ("jane", "tom") if number % 2 == 0 else ("tom", "jane")
    version = office.admin.row(f"/contacts/{office.ids[one]}")["version"]
    body = {"work_to": office.ids[other]}
    return office.mara.write("POST", f"/contacts/{office.ids[one]}/hand-over", version, body)


def readdress(office: Office, number: int, email: str = "") -> Any:
    version = office.admin.row(f"/contacts/{office.ids['tom']}")["version"]
    body = {"email": email or f"tom-{number}@acme.example"}
    return office.mara.write("PATCH", f"/contacts/{office.ids['tom']}", version, body)


def resend(office: Office, _: int) -> Any:
    row = next(row for row in office.admin.items("/contacts") if row["name"] == "Rita")
    return office.ada.write("POST", f"/contacts/{row['id']}/resend-activation", row["version"])


@pytest.mark.parametrize(
    ("limit", "who", "act"),
    [
        (Limit.REQUESTS, "jane", send), (Limit.MAILS, "jane", send), (Limit.MOVES, "mara", reassign),
        (Limit.MOVES, "mara", hand_over), (Limit.ADDRESSES, "mara", readdress), (Limit.STAFF_MAILS, "ada", resend),
    ],
)  # fmt: skip
def test_a_person_causes_so_much_and_no_more_until_the_window_has_passed(
    office: Office, clock: Clock, limit: Limit, who: str, act: Act
) -> None:
    office.send(office.jane)
    pass_time(office, clock, DAY_S)
    office.admin.create(
        "/contacts", customer=office.home["id"], name="Rita", email="rita@acme.example", role="observer"
    )
    limited(office, **{limit.replace("-", "_"): 3})
    for number in range(3):
        assert act(office, number).status_code in {200, 201}
    before = office.admin.get("/snapshot").text.splitlines()[1:-1]
    for _ in range(3):
        answer = act(office, 3)
        assert refused(answer, "rate-limited")["limit"] == limit
        assert answer.headers["retry-after"] == str(WINDOWS[limit].period_s)
    assert office.admin.get("/snapshot").text.splitlines()[1:-1] == before, "nothing of it was done"
    name = office.clients[who].row("/account")["name"]
    whom = ("staff" if who == "ada" else "contact", office.clients[who].row("/account")["id"])
    assert met(office) == [(name, *whom, limit)], "said once"
    assert figures(office) == {limit: 1}
    pass_time(office, clock, WINDOWS[limit].period_s)
    assert act(office, 3).status_code in {200, 201}


def test_a_manager_asks_for_twenty_addresses_a_day_and_leaves_a_trace(office: Office, clock: Clock) -> None:
    _, taken = office.admin.a_customer(*["observer"] * 60, name="Gamma")
    answers = [readdress(office, 0, person["email"]) for person in taken]
    assert [answer.status_code for answer in answers] == [409] * 20 + [429] * 40
    mara = (office.mara.row("/account")["name"], "contact", office.ids["mara"], "addresses")
    assert met(office) == [mara]
    assert readdress(office, 0, "tom@new.example").status_code == 429, "a free address is refused like a taken one"
    pass_time(office, clock, DAY_S)
    assert readdress(office, 0, "tom@new.example").status_code == 200


def test_the_provider_reads_all_addresses_and_tries_as_many_as_it_likes(office: Office) -> None:
    limited(office, addresses=1)
    row = office.admin.row(f"/contacts/{office.ids['tom']}")
    taken = office.admin.row(f"/contacts/{office.ids['jane_beta']}")["email"]
    for client in (office.admin, office.ada) * 2:
        refused(client.write("PATCH", f"/contacts/{row['id']}", row["version"], {"email": taken}), "address-taken")


def test_an_address_that_is_written_otherwise_is_no_other_one(office: Office) -> None:
    limited(office, addresses=1)
    email = office.admin.row(f"/contacts/{office.ids['tom']}")["email"]
    for same in (email.upper(), email.title(), email):
        assert readdress(office, 0, same).status_code == 200


def test_tries_at_once_are_no_more_than_one_after_the_other(office: Office) -> None:
    limited(office, addresses=3)
    taken = office.admin.row(f"/contacts/{office.ids['jane_beta']}")["email"]
    version = office.admin.row(f"/contacts/{office.ids['tom']}")["version"]

    def one(_: int) -> int:
        headers = {**office.mara.headers, **key(), "If-Match": f'"{version}"'}
        path = f"/contacts/{office.ids['tom']}"
        return int(office.mara.patch(path, json={"email": taken}, headers=headers).status_code)

    with ThreadPoolExecutor(8) as at_once:
        assert sorted(at_once.map(one, range(12))) == [409] * 3 + [429] * 9
    assert len(met(office)) == 1


def test_mails_to_many_count_as_many_and_an_act_that_never_fits_waits_for_an_empty_window(
    office: Office, clock: Clock
) -> None:
    limited(office, mails=3)
    many = [f"pm{number}@provider.example" for number in range(5)]
    row = office.admin.row(f"/customers/{office.home['id']}")
    office.admin.write("PATCH", f"/customers/{row['id']}", row["version"], {"project_managers": many})
    assert send(office, 0).status_code == 201, "nothing was sent in this hour"
    assert refused(send(office, 1), "rate-limited")["limit"] == "mails"
    assert len([mail for mail in office.admin.items("/outbox") if mail["kind"] == "submitted"]) == 5
    pass_time(office, clock, HOUR_S)
    assert send(office, 1).status_code == 201


def test_tokens_and_the_portal_itself_are_bound_by_nothing(office: Office) -> None:
    limited(office, **dict.fromkeys((limit.replace("-", "_") for limit in Limit), 1))
    for name in ("rita", "ruth", "rosa"):
        fields = {"name": name, "email": f"{name}@acme.example", "role": "requester"}
        office.admin.a_request(office.admin.create("/contacts", customer=office.home["id"], **fields))
        upload(office.admin)
        office.admin.post("/sign-ups", json={"name": name, "email": f"{name}@beta.example"})
    assert met(office) == []


def test_the_files_of_a_customer_have_room_and_deliveries_are_not_refused(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "GIB", len(TEN_WORDS))
    limited(office, customer_gib=3)
    sent = office.send(office.jane, upload(office.jane)["id"])
    upload(office.jane)
    upload(office.tom)
    for client in (office.jane, office.tom, office.mara):
        assert upload(client, status=429)["limit"] == "customer-gib"
    upload(office.jane_beta)
    office.do(office.pm, "approve", sent["id"], words=10)
    office.do(office.jane, "accept", sent["id"])
    files = [{"upload": upload(office.pm, "Blatt.txt", b"Zehn kleine Worte.")["id"], "language": "de"}]
    office.do(office.pm, "deliver", sent["id"], files=files)
    jane = office.jane.row("/account")["name"]
    assert met(office) == [(jane, "customer", office.home["id"], "customer-gib")]
    assert figures(office) == {"customer-gib": 1}


def test_counted_stays_counted_when_an_act_is_refused_for_another_reason(office: Office, store: Store) -> None:
    limited(office, addresses=5)
    taken = office.admin.row(f"/contacts/{office.ids['jane_beta']}")["email"]
    refused(readdress(office, 0, taken), "address-taken")
    with store.read() as connection:
        counted = select(t.attempts.c.subject, func.sum(t.attempts.c.amount)).group_by(t.attempts.c.subject)
        assert connection.execute(counted).all() == [(f"addresses:{office.ids['mara']}", 1)]


def test_pages_say_which_limit_is_reached_to_the_person_and_to_administrators(store: Store, office: Office) -> None:
    strict = replace(store, limits=Limits.with_numbers({"addresses": 1}))
    mara, page = Reader.contact(strict, office.ids["mara"]), f"/team/{office.ids['tom']}"
    for number, status in ((1, 200), (2, 429)):
        mara.open(page)
        said = mara.submit(page, status, email=f"tom-{number}@new.example")
    assert "You have reached a limit: e-mail addresses tried in a day. Try again later, or contact us." in said
    history = Reader.staff(store).open("/admin/history")
    assert "hat eine Grenze erreicht und wurde abgewiesen" in history
    assert "versuchte E-Mail-Adressen an einem Tag" in history


def test_the_numbers_are_those_that_are_promised() -> None:
    assert {limit: (window.max_amount, window.period_s) for limit, window in WINDOWS.items()} == {
        "requests": (60, 3600), "mails": (100, 3600), "staff-mails": (1000, 3600), "moves": (60, 3600),
        "addresses": (20, 86_400), "customer-gib": (20, 0),
    }  # fmt: skip
    raised = Limits.with_numbers({"mails": 200}).windows
    assert raised == {**WINDOWS, Limit.MAILS: replace(WINDOWS[Limit.MAILS], max_amount=200)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mails", "is not NAME=NUMBER"), ("mails=0", "is not NAME=NUMBER"), ("mails=-1", "is not NAME=NUMBER"),
        ("mails=many", "is not NAME=NUMBER"), ("letters=7", "'letters' is not a limit"),
    ],
)  # fmt: skip
def test_a_flag_that_is_no_limit_is_wrong_usage(text: str, said: str) -> None:
    with pytest.raises(WrongUsage, match=said):
        CliRunner().invoke(
            portal, ["serve", "--database", "sqlite://", "--limit", text], catch_exceptions=False, standalone_mode=False
        )


def test_the_help_names_every_limit_and_its_number() -> None:
    told = " ".join(
        CliRunner().invoke(portal, ["serve", "--help"], terminal_width=2000, max_content_width=2000).output.split()
    )
    assert [limit for limit, window in WINDOWS.items() if f"{limit}={window.max_amount}" not in told] == []
