"""Who acts is asked once more when it counts: a body may take its time, and people act on each other at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from reconciler.portal.actions.sessions import principal_of_session, principal_of_token, write_as
from reconciler.portal.commands import create_token
from reconciler.portal.rules.principals import SYSTEM, Scope
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store, open_store
from reconciler.portal.web.security import new_token
from tests.pages.reader import Reader, forms_of
from tests.portal.harness import Api, key
from tests.portal.servers import Server, serving


@pytest.fixture
def server(database: str) -> Iterator[Server]:
    token = create_token(database, "admin", "tests")
    with serving(database, token=token) as running:
        yield running


def meanwhile(body: bytes, act: Callable[[], object]) -> Iterator[bytes]:
    """A body that stops for something else before its last byte."""
    yield body[:-1]
    act()
    yield body[-1:]


def page(server: Server, secret: str, path: str) -> tuple[httpx.Client, str]:
    """A browser with this session, and the text of a page."""
    browser = httpx.Client(base_url=server.url, cookies={"portal": secret}, timeout=30)
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    return browser, answer.text


def offboard(server: Server, person: dict[str, Any]) -> None:
    with server.client() as admin:
        version = admin.get(f"/contacts/{person['id']}").headers["etag"]
        done = admin.post(
            f"/contacts/{person['id']}/offboard", json={"reason": "left"}, headers={**key(), "If-Match": version}
        )
        assert done.status_code == 200, done.text


def test_a_manager_who_is_removed_while_her_form_arrives_changes_nothing(database: str, server: Server) -> None:
    store = open_store(database)
    _, (boss, _, colleague) = Api.of(store).a_customer("manager", "manager", "requester")
    secret = Reader.contact(store, boss["id"]).cookies["portal"]
    browser, text = page(server, secret, f"/team/{colleague['id']}")
    (form,) = [each for each in forms_of(text) if each.action == f"/team/{colleague['id']}"]
    typed = {**{name: values[0] for name, values in form.values.items()}, "role": "manager", "email": "x@evil.example"}
    body = httpx.Request("POST", "http://x", data=typed).content
    answer = browser.post(
        f"/team/{colleague['id']}", content=meanwhile(body, lambda: offboard(server, boss)),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    assert answer.status_code == 401, answer.text
    with server.client() as admin:
        now = admin.get(f"/contacts/{colleague['id']}").json()
    assert (now["email"], now["role"], now["version"]) == (colleague["email"], "requester", colleague["version"])
    store.engine.dispose()


def test_files_of_somebody_who_is_removed_while_they_arrive_are_nobodys(
    database: str, server: Server, tmp_path: Path
) -> None:
    store = open_store(database)
    _, (_, person) = Api.of(store).a_customer("manager", "requester")
    secret = Reader.contact(store, person["id"]).cookies["portal"]
    browser, text = page(server, secret, "/requests/new")
    mark = forms_of(text)[0].values["mark"][0]
    whole = httpx.Request(
        "POST", "http://x", data={"mark": mark, "once": "standing-0123456789"},
        files={"files": ("a.txt", b"Some words to translate.")},
    )  # fmt: skip
    answer = browser.post(
        "/requests", content=meanwhile(whole.read(), lambda: offboard(server, person)),
        headers={"Content-Type": whole.headers["content-type"]},
    )  # fmt: skip
    assert answer.status_code == 401, answer.text
    with store.read() as connection:
        assert connection.execute(select(t.files)).all() == []
    store.engine.dispose()


def test_what_a_person_may_is_what_she_may_when_it_is_done(store: Store) -> None:
    _, (boss, other) = Api.of(store).a_customer("manager", "manager")
    secret = Reader.contact(store, boss["id"]).cookies["portal"]
    with store.read() as connection:
        let_in = principal_of_session(connection, secret, store.clock())
    assert let_in is not None
    with write_as(store, let_in):
        pass
    with store.write(SYSTEM) as work:
        work.get("contact", boss["id"])["role"] = "observer"
    with pytest.raises(Problem, match="permissions have changed"), write_as(store, let_in):
        pytest.fail("a demoted manager acts")
    with store.write(SYSTEM) as work:
        work.get("contact", boss["id"]).update(role="manager")
        work.end_access(boss["id"])
    with pytest.raises(Problem, match="session has ended"), write_as(store, let_in):
        pytest.fail("an ended session acts")
    assert other["role"] == "manager"


def test_a_token_that_was_taken_back_meanwhile_does_nothing(store: Store) -> None:
    secret = new_token(store, Scope.ADMIN, "tests")
    with store.read() as connection:
        let_in = principal_of_token(connection, secret, store.clock())
    assert let_in is not None
    with store.write(SYSTEM) as work:
        work.connection.execute(t.tokens.update().where(t.tokens.c.id == let_in.id).values(ended_at=work.now))
    with pytest.raises(Problem, match="session has ended"), write_as(store, let_in):
        pytest.fail("an ended token acts")
