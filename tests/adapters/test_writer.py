"""Writes whose answer is lost, late or a refusal: what is asked again, and what is then known."""

from __future__ import annotations

import json

import pytest

from reconciler.adapters.address import Address
from reconciler.adapters.budget import Budget
from reconciler.adapters.encoding import idempotency_key
from reconciler.adapters.writer import PortalWriter
from reconciler.model.changes import Change, Kind, ObjectKind
from reconciler.model.errors import BatchRefused, LeaseLost, OutcomeUnknown, Unreachable
from reconciler.model.plan import Expects
from reconciler.model.portal import Committed, Lease, RunMark
from reconciler.model.sentences import sentence
from tests.adapters.portals import Answer, answering

LEASE = Lease("lea_1", 7)
MARK = RunMark("acme-translations", "run_1", "4f1c", "epo_1")
DONE = Answer(json.dumps({"revision": 9, "results": []}).encode())


def write(*answers: Answer) -> tuple[Committed, list[str]]:
    with answering(*answers) as (url, asked):
        writer = PortalWriter(Address(url, "token"), Budget(retries=3))
        try:
            return writer.write_batch([], LEASE, MARK, Expects()), asked
        finally:
            writer.close()


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_batch_that_a_server_fails_at_is_asked_for_again_with_the_same_key(status: int) -> None:
    problem = json.dumps({"type": "internal", "detail": "a bug"}).encode()
    committed, asked = write(Answer(problem, status, headers={"Retry-After": "0"}), DONE)
    assert (committed.revision, len(asked)) == (9, 2)


def test_a_batch_that_a_server_always_fails_at_has_an_unknown_outcome() -> None:
    with pytest.raises(OutcomeUnknown, match="500"):
        write(Answer(b"", 500, headers={"Retry-After": "0"}))


def test_an_unknown_outcome_keeps_the_trace_by_which_the_portal_logged_it() -> None:
    problem = {"type": "internal", "title": "t", "status": 500, "detail": "a bug", "trace": "4f1c"}
    with pytest.raises(OutcomeUnknown, match=r"a bug \(trace 4f1c\)"):
        write(Answer(json.dumps(problem).encode(), 500, headers={"Retry-After": "0"}))


def test_a_body_that_a_proxy_refuses_is_no_unknown_outcome_and_names_the_limit() -> None:
    with pytest.raises(BatchRefused, match=r"does not accept a body of \d+ bytes") as refused:
        write(Answer(b"<html>413</html>", 413))
    assert refused.value.status == 413
    assert "raise the proxy's limit for bodies to 16 MiB" in refused.value.message


def test_a_lease_whose_answer_was_lost_is_asked_for_again_with_the_same_id() -> None:
    granted = Answer(json.dumps({"id": "lea_1", "token": 7, "expires_in_s": 60}).encode(), 201)
    with answering(Answer(cut=0), granted) as (url, asked):
        writer = PortalWriter(Address(url, "token"), Budget(retries=3))
        assert writer.take_lease(["settings"], 60, "tests", "run_2") == LEASE
        writer.close()
    assert asked == ["POST /api/v1/leases"] * 2


def test_a_lease_that_ended_before_its_answer_came_is_lost() -> None:
    ended = Answer(json.dumps({"type": "lease-ended", "detail": "the lease of ci ended"}).encode(), 409)
    with answering(ended) as (url, _), pytest.raises(LeaseLost):
        PortalWriter(Address(url, "token")).take_lease(["settings"], 60, "tests", "run_2")


def test_a_lease_without_any_answer_changed_nothing() -> None:
    with answering(Answer(cut=0)) as (url, _), pytest.raises(Unreachable):
        PortalWriter(Address(url, "token"), Budget(retries=0)).take_lease(["settings"], 60, "tests", "run_2")


def test_a_key_is_shared_by_the_retries_of_a_run_and_by_nothing_else() -> None:
    changes = [Change(Kind.CREATE_CONTACT, ObjectKind.CONTACT, "acme", "jane-doe", sentence("change", "x"))]
    key = idempotency_key(changes, "epo_1", 7)
    assert key == idempotency_key(changes, "epo_1", 7)
    assert key not in {idempotency_key(changes, "epo_1", 8), idempotency_key(changes, "epo_2", 7)}
