"""The contract suite proves the reference portal, and finds the fault of a portal that breaks a law."""

from __future__ import annotations

import inspect
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.contract import laws
from reconciler.contract.__main__ import line_of, main
from reconciler.contract.law import Finding, Law, Verdict, check_law
from reconciler.contract.laws import LAWS
from reconciler.contract.portal import NAME, Portal
from reconciler.portal.app import create_app
from reconciler.portal.commands import create_token
from reconciler.portal.rules.principals import Scope as TokenScope
from reconciler.portal.store.store import Store
from reconciler.portal.web.security import new_token
from tests.portal.conftest import an_empty_database
from tests.portal.harness import Api
from tests.portal.servers import served, serving

README = Path(inspect.getfile(laws)).parents[1] / "README.md"
SCOPES = ("read", "apply", "admin")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def portal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A server as an administrator starts it; the suite tidies up afterwards."""
    database = an_empty_database(request, tmp_path_factory.mktemp("contract"))
    tokens = {
        scope: create_token(database, scope, f"the {scope} token", owner="bound" if scope == "apply" else None)
        for scope in SCOPES
    }
    with serving(database) as server:
        found = Portal(server.url, tokens["admin"], tokens)
        yield found
        assert [sentence for sentence in found.tidy() if "stay archived" not in sentence] == []
        assert list(found.items("/contacts")) == list(found.items("/services")) == []
        found.close()


@pytest.mark.parametrize("law", LAWS, ids=[law.id for law in LAWS])
def test_the_reference_portal_keeps_the_law(portal: Portal, law: Law) -> None:
    assert check_law(law, portal) == Finding(law, Verdict.HOLDS)


def test_every_law_of_a_module_is_in_the_list_with_a_sentence_and_in_the_readme() -> None:
    modules = [member for member in vars(laws).values() if isinstance(member, ModuleType)]
    checks = {
        function
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and list(inspect.signature(function).parameters) == ["portal"]
    }
    assert checks == {law.check for law in LAWS}
    table = re.findall(r"^\| `([a-z0-9-]+)` \| (.+) \|$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert table == [(law.id, law.sentence) for law in LAWS]


class Breaking:
    """A portal before which something stands that changes its requests and answers."""

    def __init__(self, app: ASGIApp, change: Callable[[Scope, Message], None]) -> None:
        self.app, self.change = app, change

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.change(scope, {})

        async def changed(message: Message) -> None:
            if scope["type"] == "http":
                self.change(scope, message)
            await send(message)

        await self.app(scope, receive, changed)


def _without_tags(_: Scope, message: Message) -> None:
    message["headers"] = [pair for pair in message.get("headers", []) if pair[0] != b"etag"]


def _plain_json(_: Scope, message: Message) -> None:
    message["headers"] = [(name, value.replace(b"problem+json", b"json")) for name, value in message.get("headers", [])]


def _nothing_is_stale(_: Scope, message: Message) -> None:
    if message.get("status") == 412:
        message["status"] = 200


def _everything_is_new(_: Scope, message: Message) -> None:
    if message.get("status") == 304:
        message["status"] = 200


def _forgets_keys(scope: Scope, message: Message) -> None:
    if not message:
        scope["headers"] = [
            (name, secrets.token_hex(8).encode() if name == b"idempotency-key" else value)
            for name, value in scope["headers"]
        ]


def _no_patience(_: Scope, message: Message) -> None:
    message["headers"] = [pair for pair in message.get("headers", []) if pair[0] != b"retry-after"]


@pytest.fixture
def admin(store: Store) -> str:
    return new_token(store, TokenScope.ADMIN, "the contract")


FAULTS: dict[str, Callable[[Scope, Message], None]] = {
    "etag-is-the-version": _without_tags,
    "every-error-is-a-problem": _plain_json,
    "stale-version-is-refused": _nothing_is_stale,
    "same-key-gets-the-same-answer": _forgets_keys,
    "repeated-batch-is-done-once": _forgets_keys,
    "each-cause-sends-one-mail": _forgets_keys,
    "snapshot-has-an-etag": _everything_is_new,
    "busy-portal-says-when-to-come-again": _no_patience,
}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("id", FAULTS)
def test_a_portal_that_breaks_a_law_is_told_so(
    store: Store, admin: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], id: str
) -> None:
    monkeypatch.setenv("RECONCILER_PORTAL_TOKEN", admin)
    with served(Breaking(create_app(store), FAULTS[id])) as url:  # type: ignore[arg-type]
        assert main([url, "--law", id]) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"broken      {id}: ")
    assert out.endswith("0 holds, 1 broken, 0 not checked\n")


@pytest.fixture
def url(store: Store, admin: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("RECONCILER_PORTAL_TOKEN", admin)
    with served(create_app(store)) as address:
        yield address


FEW = ("--law", "snapshot-has-an-etag", "--law", "read-scope-only-reads")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_where_there_are_customers_nothing_is_tried_unless_the_portal_is_for_tests(
    api: Api, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    api.create("/customers", name="Acme")
    revision = api.row("/meta")["revision"]
    assert main([url, *FEW]) == 4
    assert "this portal has customers, such as 'Acme'; nothing was changed" in capsys.readouterr().err
    assert api.row("/meta")["revision"] == revision
    assert main([url, *FEW, "--yes-this-portal-is-for-tests"]) == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_second_run_is_not_stopped_by_what_the_first_one_left(
    api: Api, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert main([url, *FEW]) == 0
        assert f"stay archived under the name '{NAME}': 1" in capsys.readouterr().err
    assert {row["status"] for row in api.items("/customers")} == {"archived"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_json_has_a_verdict_and_a_reason_for_each_law(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([url, *FEW, "--format", "json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert [(law["id"], law["verdict"]) for law in document["laws"]] == [
        ("snapshot-has-an-etag", "holds"),
        ("read-scope-only-reads", "not checked"),
    ]
    assert "RECONCILER_CONTRACT_READ_TOKEN" in document["laws"][1]["why"]
    assert document["summary"] == {"holds": 1, "broken": 0, "not checked": 1}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_apply_token_checks_what_it_may_do(
    store: Store, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECONCILER_PORTAL_TOKEN", new_token(store, TokenScope.APPLY, "apply"))
    laws = ("--law", "batch-is-fenced", "--law", "etag-is-the-version")
    assert main([url, *laws]) == 0
    out = capsys.readouterr().out
    assert "it needs a token of scope admin; this one has scope apply" in out
    assert out.endswith("1 holds, 0 broken, 1 not checked\n")


@pytest.mark.parametrize(
    ("arguments", "token", "problem"),
    [
        (["http://portal.example"], "secret", (64, "URL must begin with https://")),
        (["ftp://127.0.0.1"], "secret", (64, "URL must begin with https://")),
        ([], "secret", (64, "URL must begin with https://")),
        (["https://portal.example"], "", (64, "RECONCILER_PORTAL_TOKEN is not set")),
        (["https://portal.example", "--law", "no-such-law"], "secret", (64, "'no-such-law' is not a law")),
        (["http://127.0.0.1:9"], "secret", (6, "no answer of a portal")),
    ],
)
def test_what_stands_in_the_way_has_a_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: list[str], token: str, problem: tuple[int, str],
) -> None:  # fmt: skip
    monkeypatch.setenv("RECONCILER_PORTAL_TOKEN", token)
    try:
        code = main(arguments)
    except SystemExit as end:
        code = int(str(end.code))
    assert (code, problem[1] in capsys.readouterr().err) == (problem[0], True)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_unknown_token_is_told_so(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILER_PORTAL_TOKEN", "nobody")
    assert main([url]) == 8


def test_the_list_of_laws_needs_no_portal() -> None:
    command = [sys.executable, "-m", "reconciler.contract", "--list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]})
    assert listed.stdout.count("\n") == 2 * len(LAWS)


def test_a_line_says_verdict_id_sentence_and_reason() -> None:
    law = LAWS[0]
    assert line_of(Finding(law, Verdict.BROKEN, "no")) == f"broken      {law.id}: {law.sentence} (no)"
