"""`portal invite` and the demo's people: how somebody comes into a portal that nobody can log in to yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.portal.commands import running
from reconciler.usecases.portal import _remarks
from tests.cli.conftest import Program

PASSWORD = "Sesam0effne"
ADA = ("--name", "Ada Quist", "--email", "ada@provider.example")


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'portal.sqlite'}"


def session_of(url: str, email: str, password: str) -> Any:
    return httpx.post(f"{url}/api/v1/sessions", json={"email": email, "password": password})


def test_the_first_administrator_comes_in_by_a_link_that_works_once(folder: Program, database: str) -> None:
    first = folder("portal", "invite", "--database", database, *ADA).out
    run = folder("portal", "invite", "--database", database, *ADA, "--base-url", "https://portal.example/")
    assert (run.code, run.err) == (
        0,
        "warning: the earlier link for this address no longer works\n",
    )
    assert run.out.startswith("https://portal.example/activate/")
    assert run.out.count("\n") == 1
    with running(database) as url:
        for link, status in ((first, 404), (run.out, 204), (run.out, 404)):
            body = {"secret": link.strip().rpartition("/")[2], "password": PASSWORD}
            assert httpx.post(f"{url}/api/v1/activations", json=body).status_code == status
        session = session_of(url, "ada@provider.example", PASSWORD).json()
        found = httpx.get(f"{url}/api/v1/staff", headers={"Authorization": f"Bearer {session['token']}"}).json()
    assert [(row["name"], row["kind"], row["status"]) for row in found["items"]] == [
        ("Ada Quist", "administrator", "active")
    ]
    again = folder("portal", "invite", "--database", database, *ADA)
    assert (again.code, again.out) == (4, "")
    assert "is already active" in again.err


def test_a_link_to_this_machine_is_pointed_out_where_a_portal_is_not_for_it_alone() -> None:
    said = list(_remarks("postgresql:///portal", None, again=False))
    assert said == [
        "the link leads to http://127.0.0.1:8000, this machine; pass --base-url with the portal's public URL"
    ]
    assert list(_remarks("postgresql:///portal", "https://portal.example", again=False)) == []
    assert list(_remarks("sqlite:///portal.sqlite", None, again=False)) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--name", "Ada", "--email", "nowhere"), "--email"),
        (("--name", " ", "--email", "ada@provider.example"), "--name"),
        ((*ADA, "--kind", "owner"), "owner"),
        ((*ADA, "--language", "xx"), "xx"),
    ],
)
def test_who_cannot_be_invited_is_told_why(folder: Program, database: str, wrong: tuple[str, ...], said: str) -> None:
    run = folder("portal", "invite", "--database", database, *wrong)
    assert (run.code, run.out) == (64, "")
    assert said in run.err


def test_people_of_the_demo_log_in_with_the_password_that_was_asked_for(folder: Program, database: str) -> None:
    weak = folder("portal", "seed", "--database", database, "--demo-password", "Password1")
    assert weak.code == 64
    assert "too easily guessed" in weak.err
    assert folder("portal", "seed", "--database", database, "--demo-password", PASSWORD).code == 0
    with running(database) as url:
        for email, who in (
            ("ada.quist@provider.example", "staff"), ("lee@provider.example", "staff"), ("tom.lang@acme.example", "contact"),
        ):  # fmt: skip
            session = session_of(url, email, PASSWORD)
            assert session.status_code == 201, email
            assert session.json()[who]


def test_without_such_a_password_nobody_of_the_demo_logs_in(folder: Program, database: str) -> None:
    assert folder("portal", "seed", "--database", database).code == 0
    with running(database) as url:
        for password in ("demo", "Demo1234", "", "password"):
            assert session_of(url, "ada.quist@provider.example", password).status_code == 401
