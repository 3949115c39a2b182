"""Tokens end by themselves, say until when they work, and show when they were last used."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from reconciler.portal.actions.sessions import principal_of_token, write_as
from reconciler.portal.actions.tokens import DAYS, MAX_DAYS, all_tokens, expiry_of, write_token_uses
from reconciler.portal.rules.principals import SYSTEM, Scope
from reconciler.portal.rules.problems import Problem
from reconciler.portal.server.jobs import JOBS
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store
from reconciler.portal.web.security import new_token
from tests.portal.harness import OWNER, Api, Clock, refused

NOW = "2026-11-23T12:00:00Z"


@pytest.mark.parametrize(
    ("expires", "end"),
    [
        ("1", "2026-11-24T12:00:00Z"), (str(DAYS), "2027-02-21T12:00:00Z"), (str(MAX_DAYS), later(NOW, days=3650)),
        ("2026-11-24", "2026-11-24T00:00:00Z"), ("2027-03-31", "2027-03-31T00:00:00Z"),
    ],
)  # fmt: skip
def test_an_end_is_a_number_of_days_or_the_first_day_without(expires: str, end: str) -> None:
    assert expiry_of(expires, NOW) == end


@pytest.mark.parametrize(
    "expires",
    ["0", "-1", "3651", "999999999999", "never", "", "1.5", "2026-11-23", "2020-01-01", "2037-01-01", "31.3.2027"],
)
def test_an_end_that_is_none_is_refused(expires: str) -> None:
    with pytest.raises(ValueError, match=r"is neither a number of days nor a date|is not within the next 3650 days"):
        expiry_of(expires, NOW)


def test_a_token_works_until_its_end_and_no_longer(store: Store, clock: Clock) -> None:
    with Api.of(store, "apply") as api:
        end = "2027-02-21T12:00:00Z"
        assert api.row("/meta")["token"] == {"scope": "apply", "owner": None, "expires_at": end}
        clock.move(days=90, seconds=-1)
        assert api.get("/meta").status_code == 200
        clock.move(seconds=1)
        for answer in (api.get("/meta"), api.post("/leases", json={"scopes": ["settings"]})):
            problem = refused(answer, "unauthenticated")
            assert (problem["status"], problem["detail"]) == (401, f"this token expired at {end}; create a new one")


def test_a_token_that_expires_while_its_request_waits_does_nothing(store: Store, clock: Clock) -> None:
    secret = new_token(store, Scope.APPLY, "tests", expires="1")
    with store.read() as connection:
        let_in = principal_of_token(connection, secret, store.clock())
    assert let_in is not None
    clock.move(days=1)
    with pytest.raises(Problem, match="this token expired"), write_as(store, let_in):
        pytest.fail("an expired token acts")


def test_the_history_tells_until_when_a_token_works_and_for_whom(api: Api, store: Store) -> None:
    new_token(store, Scope.APPLY, "ours", expires="2027-03-31", owner=OWNER)
    made = api.items("/changes", since=0)[-1]
    assert (made["what"], made["after"]) == (
        "token",
        {"name": "ours", "scope": "apply", "valid_until": "2027-03-31T00:00:00Z", "for_owner": OWNER},
    )


def used(store: Store) -> list[str | None]:
    with store.read() as connection:
        return [row["used_at"] for row in all_tokens(connection)]


def test_the_use_of_a_token_is_noted_every_few_minutes(api: Api, store: Store, clock: Clock) -> None:
    assert write_token_uses in JOBS
    assert (write_token_uses(store), used(store)) == (0, [None])
    for minutes, due, noted in ((0, 1, 0), (4, 0, 0), (1, 1, 5), (4, 0, 5), (60, 1, 69)):
        clock.move(minutes=minutes)
        revision = api.row("/meta")["revision"]
        assert (write_token_uses(store), used(store)) == (due, [later(NOW, minutes=noted)])
        assert write_token_uses(store) == 0
        assert api.row("/meta")["revision"] == revision


def test_who_asks_waits_for_no_writer_to_note_the_use(api: Api, store: Store) -> None:
    answered = threading.Event()

    def ask() -> None:
        assert api.get("/meta").status_code == 200
        answered.set()

    with store.write(SYSTEM):
        caller = threading.Thread(target=ask, daemon=True)
        caller.start()
        assert answered.wait(25)
    caller.join()


def test_a_row_without_an_end_opens_nothing(api: Api, store: Store) -> None:
    with store.unversioned() as connection:
        connection.execute(t.tokens.update().values(expires_at=""))
        assert connection.execute(select(t.tokens.c.expires_at)).scalar_one() == ""
    refused(api.get("/meta"), "unauthenticated")
