"""Turns of hosts: who asks too often waits, and nobody else does."""

from __future__ import annotations

import pytest

from reconciler.portal.app import create_app
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store.store import Store
from reconciler.portal.web.rate_limit import RateLimit, RateLimiter
from reconciler.portal.web.request_limits import TrafficLimits
from tests.portal.harness import Api, key, refused
from tests.portal.office import an_office

LIMIT = RateLimit(burst=3, per_second=2.0, max_wait_s=1.0, body_bytes=1000)


def test_a_host_has_some_requests_at_once_and_then_waits_for_its_turn() -> None:
    limiter = RateLimiter(LIMIT)
    assert [limiter.wait_s("a", 100.0) for _ in range(5)] == [0, 0, 0, 0.5, 1.0]
    with pytest.raises(Problem, match="too many requests from this address"):
        limiter.wait_s("a", 100.0)
    assert limiter.wait_s("b", 100.0) == 0
    assert limiter.wait_s("a", 100.5) == 1.0
    assert [limiter.wait_s("a", 110.0) for _ in range(3)] == [0, 0, 0]


def test_a_large_body_costs_as_much_as_many_requests_and_never_the_next_request() -> None:
    limiter = RateLimiter(LIMIT)
    assert limiter.wait_s("a", 100.0) == 0
    limiter.charge("a", 100.0, 3000)
    assert limiter.wait_s("a", 100.0) == 1.0
    limiter.charge("b", 100.0, 1_000_000)
    assert limiter.wait_s("b", 100.0) == 1.0
    with pytest.raises(Problem, match="too many requests from this address"):
        limiter.wait_s("b", 100.0)
    assert limiter.wait_s("c", 100.0) == 0


@pytest.mark.parametrize("path", ["/api/v1/batches", "/api/v1/uploads?name=a.txt"], ids=["typed", "file"])
def test_a_typed_body_is_charged_to_its_host_and_a_file_is_not(store: Store, path: str) -> None:
    office = an_office(store)
    limit = RateLimit(burst=3, per_second=0.001, max_wait_s=0.0, body_bytes=1000)
    typed = path.endswith("batches")
    headers = {**(office.admin if typed else office.jane).headers, "Content-Type": "application/octet-stream"}
    with Api(create_app(store, limits=TrafficLimits(rate=limit)), headers=headers) as api:
        statuses = [
            api.post(path, content=b" " * 5000, headers={**key(), "If-None-Match": "*"}).status_code for _ in range(4)
        ]
    assert statuses.index(429) == (2 if typed else 3), statuses


def test_who_would_wait_too_long_is_told_when_to_come_again_and_who_watches_is_answered(store: Store) -> None:
    limit = RateLimit(burst=1, per_second=0.001, max_wait_s=1.0)
    with Api(create_app(store, limits=TrafficLimits(rate=limit))) as api:
        assert [api.get("/api/v1/openapi.json").status_code for _ in range(2)] == [200, 429]
        answer = api.get("/api/v1/openapi.json")
        assert (refused(answer, "rate-limited")["status"], answer.headers["retry-after"]) == (429, "1")
        assert api.get("/login").status_code == 429
        assert {api.get("/healthz").status_code for _ in range(3)} == {200}
