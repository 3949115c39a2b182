"""Errors and limits: problems, bodies, patience."""

from __future__ import annotations

import http.client
import json
from typing import Final
from urllib.parse import urlsplit

from reconciler.contract.client import API, TIMEOUT_S
from reconciler.contract.law import Law, expect, expect_equal, expect_problem
from reconciler.contract.portal import Portal, Unchecked

_TOO_LONG: Final = 64 * 1024 * 1024
_ATTEMPTS: Final = 12


def every_error_is_a_problem(portal: Portal) -> None:
    """Every error is `application/problem+json` with type, title and the answer's status."""
    key = portal.key()
    creation = {**key, "If-None-Match": "*"}
    text = {**creation, "Content-Type": "text/plain"}
    expect_problem(portal.get("/meta", token=""), 401, "unauthenticated")
    expect_problem(portal.get(f"/customers/cus_{portal.run}"), 404, "not-found")
    expect_problem(portal.get(f"/nothing-{portal.run}"), 404)
    expect_problem(portal.ask("PUT", "/meta", json={}), 405)
    for content in (b'{"name": ', b'{"name": "a", "name": "b"}', b'{"name": NaN}', b"\xff"):
        headers = {**creation, "Content-Type": "application/json"}
        answer = portal.ask("POST", "/customers", content=content, headers=headers)
        expect_problem(answer, 400, "malformed")
    answer = portal.ask("POST", "/customers", content=b"{}", headers=text)
    expect_problem(answer, 415, "unsupported-media-type")
    for body in ({"name": 7}, {"name": "  "}, {**portal.customer_body(), "is_admin": True}):
        expect_problem(portal.add("/customers", body), 422, "unprocessable")


def large_body_is_refused(portal: Portal) -> None:
    """A body beyond the limit answers 413, and a body that nests too deeply 400."""
    nested = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    creation = {**portal.key(), "If-None-Match": "*", "Content-Type": "application/json"}
    answer = portal.ask("POST", "/customers", content=nested, headers=creation)
    expect_problem(answer, 400, "malformed")
    headers = {"Content-Length": str(_TOO_LONG), "Content-Type": "application/json"}
    authorization = {"Authorization": f"Bearer {portal.token}"}
    # Only the head is sent: a portal that would read the body is not flooded by a test.
    status, problem = _send_head(
        portal, "/customers", {**headers, **creation, **authorization}
    )
    expect_equal(status, 413, "the status of a body of 64 MiB")
    expect_equal(problem.get("type"), "too-large", "the type of the problem")


def token_is_judged_before_the_body(portal: Portal) -> None:
    """A wrong token answers 401 before a byte of the body is read."""
    headers = {"Content-Length": "1000", "Content-Type": "application/json"}
    for token in ({}, {"Authorization": f"Bearer wrong-{portal.run}"}):
        status, problem = _send_head(portal, "/batches", {**headers, **token})
        expect_equal(status, 401, "the status without a body")
        expect_equal(problem.get("type"), "unauthenticated", "the type of the problem")


def _send_head(
    portal: Portal, path: str, headers: dict[str, str]
) -> tuple[int, dict[str, object]]:
    """Send a request without its body; return the status and the problem of the answer."""
    url = urlsplit(portal.url)
    kind = (
        http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    )
    connection = kind(url.hostname or "", url.port, timeout=TIMEOUT_S)
    try:
        connection.putrequest("POST", f"{url.path}{API}{path}")
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        problem = json.loads(answer.read() or b"{}")
    except TimeoutError:
        return 0, {}
    finally:
        connection.close()
    return answer.status, problem


def busy_portal_says_when_to_come_again(portal: Portal) -> None:
    """429 and 503 come with `Retry-After` in seconds."""
    login = {"email": f"{portal.word()}@contract-suite.example", "password": "Wrong-Pass-1"}
    for _ in range(_ATTEMPTS):
        answer = portal.send("POST", "/sessions", json=login, token="")
        if answer.status_code != 401:
            expect_problem(answer, 429, "rate-limited")
            break
    if not portal.busy_answers:
        raise Unchecked(
            f"{_ATTEMPTS} failed log-ins were not limited, and no answer was 503"
        )
    for answer in portal.busy_answers:
        value = answer.headers.get("retry-after", "")
        expect(value.isdigit(), f"a {answer.status_code} has `Retry-After: {value}`")


LAWS = (
    Law(every_error_is_a_problem),
    Law(large_body_is_refused),
    Law(token_is_judged_before_the_body, "read"),
    Law(busy_portal_says_when_to_come_again, "read"),
)
