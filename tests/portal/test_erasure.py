"""Whoever is erased is nowhere: in no column, no stored answer, no page of the file, no journal."""

from __future__ import annotations

import base64
import html
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from sqlalchemy import JSON, Text, insert, select, update

from reconciler.portal.actions import sessions
from reconciler.portal.actions.redaction import NOT_SEARCHED
from reconciler.portal.rules.erasure import Erasure
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.server import jobs
from reconciler.portal.store import tables as t
from reconciler.portal.store.chain import verify_feed
from reconciler.portal.store.store import Store
from reconciler.portal.store.vacuum import vacuum_if_marked
from tests.portal.accounts import PASSWORD
from tests.portal.harness import Api, applied, key
from tests.portal.office import office_of, upload

NAMES = ("Zoë Unverwechselbar", "Zoë O'Zweitname")
ADDRESSES = ("zoe.one@acme.example", "Zoe.Two@acme.example")


def a_busy_life(api: Api) -> tuple[dict[str, Any], dict[str, Any]]:
    """Zoë, a manager who left: her row, and that of the colleague whom she edited; her name is in many places."""
    office = office_of(api)
    home, store = api.row(f"/customers/{office.home['id']}"), api.store
    api.post("/sign-ups", json={"name": NAMES[0], "email": ADDRESSES[0], "role": "requester"})
    zoe = api.create("/contacts", customer=home["id"], role="manager", name=NAMES[0], email=ADDRESSES[0])
    homonym = api.create("/contacts", customer=home["id"], role="observer", name=NAMES[0], email="z.unver@acme.example")
    lease = api.lease("customer:acme")
    own = {"name": NAMES[0], "email": ADDRESSES[0]}
    api.done(
        lease,
        {"op": "adopt_customer", "id": home["id"], "version": home["version"], "key": "acme",
         "applied": applied(name="Acme")},
        {"op": "adopt_contact", "id": zoe["id"], "version": zoe["version"], "key": "zoe", "applied": applied(**own)},
    )  # fmt: skip
    zoe = api.row(f"/contacts/{zoe['id']}")
    second = {"name": NAMES[1], "email": ADDRESSES[1]}
    assert api.write("PATCH", f"/contacts/{zoe['id']}", zoe["version"], second).is_success
    _as_manager(api, store, office, zoe)
    gone = api.row(f"/contacts/{zoe['id']}")
    return api.act(f"/contacts/{zoe['id']}/offboard", gone, work_to=office.ids["tom"]), homonym


def _as_manager(api: Api, store: Store, office: Any, zoe: dict[str, Any]) -> None:
    with store.write(SYSTEM) as work:
        work.get("contact", zoe["id"]).update(status="active", password=PASSWORD)
        session = sessions.begin_session(work, contact=zoe["id"])
    herself = {"Authorization": f"Bearer {session['token']}"}
    me = api.get("/account", headers=herself).json()
    mine = {**herself, **key(), "If-Match": f'"{me["version"]}"'}
    assert api.patch("/account", json={"name": f"{NAMES[1]}"}, headers=mine).is_success
    client = Api(api.app, base_url="http://testserver/api/v1", headers=herself)
    client.store = store
    colleague = api.row(f"/contacts/{office.ids['olga']}")
    assert client.write("PATCH", f"/contacts/{colleague['id']}", colleague["version"], {"role": "requester"}).is_success
    sent = office.send(client, upload(client, f"Brief von {NAMES[1]}.txt")["id"], title=f"Brief an {NAMES[1]}")
    office.send(office.jane, upload(office.jane)["id"], comment=f"Ask {NAMES[1]} <{ADDRESSES[1]}>, please.")
    office.do(office.pm, "reject", sent["id"], reason=f"{NAMES[1].upper()} asked us to")
    client.close()


def everything(store: Store) -> dict[str, str]:
    with store.read() as connection:
        return {
            name: json.dumps(
                [dict(row) for row in connection.execute(select(table)).mappings()], ensure_ascii=False, default=str
            )
            for name, table in t.metadata.tables.items()
        }


def test_no_table_holds_a_name_or_address_and_the_feed_stays_whole(api: Api, store: Store) -> None:
    gone, homonym = a_busy_life(api)
    before = everything(store)
    for table in ("idempotency", "contacts", "changes", "requests", "files", "outbox", "sign_ups"):
        assert any(name in before[table] for name in NAMES), table
    erased = api.act(f"/contacts/{gone['id']}/erase", gone)
    left = everything(store)
    found = {(table, text) for table, rows in left.items() for text in (*NAMES, *ADDRESSES)
             if text.lower() in rows.lower()}  # fmt: skip
    assert found == {("contacts", NAMES[0]), ("outbox", NAMES[0]), ("changes", NAMES[0]), ("idempotency", NAMES[0])}
    assert api.row(f"/contacts/{homonym['id']}")["name"] == NAMES[0], "another person who is called the same"
    with store.read() as connection:
        verdict = verify_feed(connection)
    assert verdict.wrong is None
    last = api.items_of_history()[-1]
    assert last["what"] == "contacts/erase"
    assert last["after"]["values"]
    assert not any(text in json.dumps(last) for text in (*NAMES, *ADDRESSES))
    assert erased["name"] == f"erased-{gone['id'][-8:]}"


def test_the_colleague_whom_they_edited_and_the_answers_about_it_name_the_pseudonym(api: Api) -> None:
    gone, _ = a_busy_life(api)
    pseudonym = api.act(f"/contacts/{gone['id']}/erase", gone)["name"]
    olga = next(row for row in api.items("/contacts") if row["name"] == "Observer 2")
    assert (olga["touched"]["role"]["by"], olga["touched"]["role"]["actor"]) == (pseudonym, "manager")
    entries = [entry for entry in api.items_of_history() if entry["id"] == olga["id"] and entry["by"] == pseudonym]
    assert [entry["erased"] for entry in entries] == [["by"]]
    request = next(row for row in api.items("/requests") if row["comment"])
    assert request["comment"] == f"Ask {pseudonym} <{pseudonym}@erased.invalid>, please."


def test_erasing_again_changes_nothing_more(api: Api, store: Store) -> None:
    gone, _ = a_busy_life(api)
    api.act(f"/contacts/{gone['id']}/erase", gone)
    again = api.act(f"/contacts/{gone['id']}/erase", api.row(f"/contacts/{gone['id']}"))
    assert api.items_of_history()[-1]["after"] == {"erased": True, "values": []}
    assert again["name"].startswith("erased-")
    with store.read() as connection:
        assert verify_feed(connection).wrong is None


def test_every_column_of_text_is_searched_but_those_that_say_who_a_row_is(store: Store) -> None:
    """A new column of text is searched by itself; whoever adds one to `NOT_SEARCHED` says so here."""
    texts = {(table.name, column.name) for table in t.metadata.sorted_tables for column in table.columns
             if isinstance(column.type, Text | JSON)}  # fmt: skip
    assert NOT_SEARCHED & texts == {
        ("contacts", "name"), ("contacts", "email"), ("contacts", "address_form"), ("contacts", "sought"),
        ("contacts", "password"), ("customers", "name"), ("customers", "name_form"), ("customers", "sought"),
        ("customers", "project_managers"), ("customers", "email_domains"), ("services", "name"), ("portal", "name"),
        ("staff", "name"), ("staff", "email"), ("staff", "address_form"), ("staff", "password"),
        ("sign_ups", "name"), ("sign_ups", "email"), ("sign_ups", "address_form"), ("outbox", "to"),
        ("outbox", "message_id"),
    }  # fmt: skip


def test_a_single_word_that_is_a_name_goes_only_where_it_is_the_whole_text() -> None:
    max_ = Erasure("con_1", "erased-1", frozenset({"Max", "max@x.example"}), {"name": "erased-1"})
    assert max_.without("Max") == "erased-1"
    assert max_.without("Max power 3000, ask MAX@x.example.") == "Max power 3000, ask erased-1@erased.invalid."
    assert max_.without("climax@x.example") == "climax@x.example"
    sato = Erasure("con_1", "erased-1", frozenset({"佐藤美咲"}), {})
    assert sato.without("佐藤美咲さんへ") == "erased-1さんへ"


def forms(text: str) -> Iterator[bytes]:
    """The text as it may lie in a file."""
    written = {text, text.lower(), html.escape(text), quote(text), quote_plus(text), json.dumps(text)[1:-1]}
    for each in written:
        yield each.encode()
    for encoding in ("utf-16-le", "utf-16-be", "utf-8"):
        yield text.encode(encoding)
        for shift in range(3):
            yield base64.b64encode(b"x" * shift + text.encode(encoding) + b"xx")[4:-4]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_byte_of_the_file_its_journal_and_the_vault_holds_a_name_or_address(
    api: Api, store: Store, tmp_path: Path
) -> None:
    gone, homonym = a_busy_life(api)
    row = api.row(f"/contacts/{homonym['id']}")
    assert api.write("PATCH", f"/contacts/{homonym['id']}", row["version"], {"name": "Somebody Else"}).is_success
    other = api.act(f"/contacts/{homonym['id']}/offboard", api.row(f"/contacts/{homonym['id']}"))
    api.act(f"/contacts/{homonym['id']}/erase", other)
    _fill_and_empty(store)
    assert any(form in _bytes(tmp_path) for text in NAMES for form in forms(text))
    with store.read() as connection:  # somebody reads meanwhile: the file cannot be cut off
        connection.execute(select(t.portal)).all()
        api.act(f"/contacts/{gone['id']}/erase", api.row(f"/contacts/{gone['id']}"))
        assert vacuum_if_marked(store.engine) is False
    assert jobs.vacuum_after_erasures(store) == 1
    assert jobs.vacuum_after_erasures(store) == 0
    held = _bytes(tmp_path)
    found = {(text, form) for text in (*NAMES, *ADDRESSES) for form in forms(text) if form in held}
    assert found == set()


def _fill_and_empty(store: Store) -> None:
    """Move rows from page to page, so that copies of them are left behind."""
    with store.unversioned() as connection:
        rows = [{
            "principal": "p", "key": f"{random.Random(n).random():.12f}", "fingerprint": "f", "status": 200,
            "body": json.dumps({"by": NAMES[n % 2], "n": "x" * (n % 900)}), "headers": {}, "created_at": "2026",
        } for n in range(600)]  # fmt: skip
        connection.execute(insert(t.idempotency), rows)
    with store.unversioned() as connection:
        connection.execute(update(t.idempotency).where(t.idempotency.c.principal == "p").values(body="short"))


def _bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
