"""`portal token`, `tokens`, `revoke`: who holds what opens the portal, and how that ends."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from reconciler.portal.commands import running
from reconciler.portal.store.store import open_store
from tests.cli.conftest import Program


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'portal.sqlite'}"
    open_store(url).engine.dispose()
    return url


def test_a_revoked_token_opens_nothing_and_the_others_go_on(folder: Program, database: str) -> None:
    old, new = (
        folder("portal", "token", "--database", database, "--scope", "admin", "--name", name).out.strip()
        for name in ("old", "new")
    )
    listed = folder("portal", "tokens", "--database", database, "--format", "json")
    tokens = {one["name"]: one for one in json.loads(listed.out)["tokens"]}
    assert [(name, one["scope"], one["ended"]) for name, one in tokens.items()] == [
        ("old", "admin", None), ("new", "admin", None),
    ]  # fmt: skip
    with running(database) as url:

        def asked(token: str) -> httpx.Response:
            return httpx.get(f"{url}/api/v1/changes?since=0", headers={"Authorization": f"Bearer {token}"})

        assert asked(old).status_code == 200
        revoked = folder("portal", "revoke", "--database", database, tokens["old"]["id"])
        assert (revoked.code, revoked.out) == (0, f"{tokens['old']['id']} (old) no longer works\n")
        assert asked(old).status_code == 401
        again = folder("portal", "revoke", "--database", database, tokens["old"]["id"])
        assert again.code == 0
        assert again.out.endswith("; nothing was changed\n")
        history = asked(new).json()["items"]
    id, other = tokens["old"]["id"], tokens["new"]["id"]
    assert [(one["what"], one["object"], one["id"], one["actor"]) for one in history] == [
        ("token", "token", id, "administrator"), ("token", "token", other, "administrator"),
        ("token/revoke", "token", id, "administrator"),
    ]  # fmt: skip
    text = folder("portal", "tokens", "--database", database).out
    assert [line.split()[:2] for line in text.splitlines()] == [["id", "scope"], [id, "admin"], [other, "admin"]]
    for secret in (old, new):
        assert secret not in text + listed.out + json.dumps(history)


def test_tokens_are_listed_with_their_end_their_owner_and_their_last_use(folder: Program, database: str) -> None:
    bound = ("--scope", "apply", "--name", "ours", "--owner", "acme-translations", "--expires", "2027-03-31")
    secret = folder("portal", "token", "--database", database, *bound).out.strip()
    with running(database) as url:
        meta = httpx.get(f"{url}/api/v1/meta", headers={"Authorization": f"Bearer {secret}"}).json()
    assert meta["token"] == {
        "scope": "apply", "owner": "acme-translations", "expires_at": "2027-03-31T00:00:00Z",
    }  # fmt: skip
    [row] = json.loads(folder("portal", "tokens", "--database", database, "--format", "json").out)["tokens"]
    assert {name: row[name] for name in ("name", "scope", "owner", "expires", "used", "ended")} == {
        "name": "ours", "scope": "apply", "owner": "acme-translations", "expires": "2027-03-31T00:00:00Z", "used": None,
        "ended": None,
    }  # fmt: skip
    head, line = folder("portal", "tokens", "--database", database).out.splitlines()
    assert head.split() == ["id", "scope", "made", "ended", "expires", "used", "owner", "name"]
    assert line.split()[3:] == ["-", "2027-03-31T00:00:00Z", "-", "acme-translations", "ours"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            ("--scope", "apply", "--expires", "never"),
            "expires: 'never' is neither a number of days nor a date such as ",
        ),
        (("--scope", "apply", "--expires", "2020-01-01"), "expires: '2020-01-01' is not within the next 3650 days"),
        (
            ("--scope", "admin", "--owner", "acme"),
            "owner: a token of scope 'admin' cannot be bound to an owner, only one of",
        ),
    ],
)
def test_a_token_that_cannot_be_as_it_is_asked_for_is_not_made(
    folder: Program, database: str, said: tuple[str, ...], why: str
) -> None:
    run = folder("portal", "token", "--database", database, *said)
    assert (run.code, run.out, run.err.startswith(f"error: {why}")) == (64, "", True)
    assert json.loads(folder("portal", "tokens", "--database", database, "--format", "json").out) == {"tokens": []}


def test_a_token_that_was_never_made_cannot_be_revoked(folder: Program, database: str) -> None:
    run = folder("portal", "revoke", "--database", database, "tok_0")
    assert (run.code, run.out) == (64, "")
    assert run.err == (
        "error: there is no token 'tok_0'; nothing was changed\n  hint: reconciler portal tokens shows their ids\n"
    )


def test_the_commands_of_a_portal_share_a_default_database(folder: Program) -> None:
    assert folder("portal", "seed", "--customers", "1", "--contacts-per-customer", "1").code == 0
    assert (folder.root / "portal.sqlite").is_file()
    assert folder("portal", "token", "--scope", "read").code == 0
    assert "default: sqlite:///portal.sqlite" in " ".join(folder("portal", "serve", "--help").out.split())
