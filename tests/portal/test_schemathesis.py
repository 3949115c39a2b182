"""The OpenAPI document against the running portal: schemathesis, with all its checks, finds nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from fastapi.routing import APIRoute
from openapi_spec_validator import validate
from starlette.routing import Match

from reconciler.portal.api.router import PREFIX
from reconciler.portal.app import create_app
from reconciler.portal.commands import create_token
from reconciler.portal.store.store import Store, open_store
from tests.portal.harness import Api
from tests.portal.servers import serving

SOAK = "SOAK" in os.environ
EXAMPLES = 100 if SOAK else 10

CONFIG = """
hooks = "tests.portal.schemathesis_hooks"

[checks.positive_data_acceptance]
# 404, 409, 410, 412: what a document cannot promise is that something is there, free, or of this version
expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 410, 412, 429]

[checks.missing_required_header]
# 428 is RFC 6585's word for a precondition that is missing
expected-statuses = [400, 401, 403, 406, 415, 422, 428]
"""
BY_VALUE = (
    ("/api/v1/activations", "a password that is of the right length may still be too simple"),
    ("/api/v1/resets/confirmations", "a password that is of the right length may still be too simple"),
    ("/api/v1/customers", "a service that is named must be there"),
    ("/api/v1/customers/{id}", "a service that is named must be there"),
    ("/api/v1/contacts", "a service that is named must be there"),
    ("/api/v1/contacts/{id}", "a service that is named must be there"),
    ("/api/v1/contacts/{id}/approve", "a registration may name no customer"),
    ("/api/v1/requests", "a service that is named must be there"),
    ("/api/v1/batches", "a service that is named must be there"),
)
"""Where something that fits the schema may be `unprocessable`, and why."""
SHORT = """
[[operations]]
include-path = "/api/v1/batches"
phases.coverage.enabled = false  # 3,400 cases of twenty-five operations: the long run has them
"""


def _configured(folder: Path) -> Path:
    allowed = '["2xx", "3xx", 401, 403, 404, 409, 410, 412, 422, 429]'
    exceptions = [
        f'[[operations]]\ninclude-path = "{path}"  # {why}\n'
        f"checks.positive_data_acceptance.expected-statuses = {allowed}\n"
        for path, why in BY_VALUE
    ]
    path = folder / "schemathesis.toml"
    path.write_text("\n".join([CONFIG, *exceptions, "" if SOAK else SHORT]))
    return path


def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'portal.sqlite'}"
    store = open_store(database)
    api = Api.of(store)
    _, (boss, _, _) = api.a_customer("manager", "requester", "observer")
    api.a_request(boss)
    store.engine.dispose()
    token = create_token(database, "admin", "schemathesis")
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(_configured(tmp_path)), "run",
        "--checks", "all", "--max-examples", str(EXAMPLES), "--generation-deterministic", "--continue-on-failure",
        "--header", f"Authorization: Bearer {token}", "--no-color",
    ]  # fmt: skip
    with serving(database, "--log-level", "info", token=token) as server:
        run = subprocess.run(
            [*command, f"{server.url}{PREFIX}/openapi.json"], cwd=tmp_path, check=False,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}, capture_output=True, text=True,
            timeout=3600 if SOAK else 900,
        )  # fmt: skip
        assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
        assert not [line for line in server.log if line["level"] == "error"]


def test_the_document_is_valid_and_has_every_route_of_the_api_and_no_other(store: Store) -> None:
    app = create_app(store)
    document = app.openapi()
    validate(document)
    described = {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if method != "parameters"
    }
    routed = {
        (method, route.path)
        for route in app.routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in route.methods or ()
    }
    assert described == routed
    hidden = {route.path for route in app.routes if isinstance(route, APIRoute) and not route.include_in_schema}
    assert {path for path in hidden if path.startswith("/api/")} == {f"{PREFIX}/openapi.json"}


def test_every_described_path_is_answered_by_its_route(store: Store) -> None:
    app = create_app(store)
    for path, methods in app.openapi()["paths"].items():
        scope = {"type": "http", "path": path.replace("{", "").replace("}", ""), "method": "", "headers": []}
        for method in methods:
            scope["method"] = method.upper()
            assert any(route.matches(scope)[0] is Match.FULL for route in app.routes), (method, path)


def test_writes_are_described_with_the_headers_that_they_need(store: Store) -> None:
    paths = create_app(store).openapi()["paths"]

    def headers(method: str, path: str) -> list[str]:
        found = paths[PREFIX + path][method].get("parameters", [])
        return sorted(each["name"] for each in found if each["in"] == "header")

    assert headers("post", "/contacts") == ["Idempotency-Key", "If-None-Match"]
    assert headers("patch", "/contacts/{id}") == ["Idempotency-Key", "If-Match"]
    assert headers("post", "/contacts/{id}/offboard") == ["Idempotency-Key", "If-Match"]
    assert headers("post", "/batches") == ["Idempotency-Key"]
    assert headers("post", "/outbox/{id}/retry") == ["Idempotency-Key"]
    assert headers("post", "/leases") == []
    assert paths[f"{PREFIX}/sessions"]["post"]["security"] == []
