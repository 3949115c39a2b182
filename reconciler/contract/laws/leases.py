"""Leases: one run at a time on a customer."""

from __future__ import annotations

from reconciler.contract.law import Law, expect, expect_equal, expect_problem, expect_status
from reconciler.contract.portal import Portal


def _scopes(portal: Portal, count: int = 1) -> list[str]:
    return [f"customer:contract-{portal.word()}" for _ in range(count)]


def lease_covers_all_its_scopes_or_none(portal: Portal) -> None:
    """A lease of which one scope is held takes none of the others."""
    first, second = _scopes(portal, 2)
    portal.lease(first)
    answer = portal.ask_for_lease(portal.lease_body(second, first, run="run_other"))
    expect_problem(answer, 409, "lease-held")
    answer = portal.ask_for_lease(portal.lease_body(second, run="run_third"))
    expect_status(answer, 201)


def refused_lease_names_its_holder(portal: Portal) -> None:
    """The 409 of a scope that is held names holder, run and the seconds that remain."""
    (scope,) = _scopes(portal)
    portal.lease(scope, holder="first holder", run="run_first", ttl_s=50)
    answer = portal.ask_for_lease(portal.lease_body(scope, run="run_second"))
    problem = expect_problem(answer, 409, "lease-held")
    expect_equal(problem.get("holder"), "first holder", "the holder")
    expect_equal(problem.get("run"), "run_first", "the run")
    expect(0 < problem["expires_in_s"] <= 50, "`expires_in_s` is not the time that remains")


def lease_tokens_increase(portal: Portal) -> None:
    """Each lease of a scope has a larger fencing token than the one before."""
    (scope,) = _scopes(portal)
    tokens = []
    for number in range(3):
        lease = portal.lease(scope, run=f"run_{number}")
        tokens.append(lease["token"])
        portal.release(lease)
    expect_equal(tokens, sorted(set(tokens)), "the list of tokens")


def repeated_lease_request_finds_its_lease(portal: Portal) -> None:
    """The same request with the id that the client chose finds the living lease and its token."""
    body = portal.lease_body(*_scopes(portal))
    first = expect_status(portal.ask_for_lease(body), 201)
    second = expect_status(portal.ask_for_lease(body), 201, 200)
    expect_equal(first["id"], body["id"], "the id")
    for name in ("id", "token"):
        expect_equal(second[name], first[name], f"`{name}` of the second answer")
    expect(0 < second["expires_in_s"] <= first["expires_in_s"], "the lease was extended")


def lease_id_belongs_to_one_request(portal: Portal) -> None:
    """The id of a lease with another run, holder or scope answers 422."""
    body = portal.lease_body(*_scopes(portal))
    expect_status(portal.ask_for_lease(body), 201)
    for change in ({"run": "run_other"}, {"holder": "other"}, {"scopes": _scopes(portal)}):
        answer = portal.ask_for_lease({**body, **change})
        expect_problem(answer, 422, "unprocessable")


def lease_id_belongs_to_one_principal(portal: Portal) -> None:
    """Another principal gets no lease for the id, and cannot renew or release it."""
    token = portal.other_token()
    body = portal.lease_body(*_scopes(portal))
    lease = expect_status(portal.ask_for_lease(body), 201)
    expect_problem(portal.ask_for_lease(body, token=token), 422, "unprocessable")
    path = f"/leases/{lease['id']}"
    portal.ask("DELETE", path, token=token)
    renewal = {"token": lease["token"], "ttl_s": 60}
    expect_problem(portal.ask("PUT", path, json=renewal, token=token), 409, "lease-fenced")
    expect_status(portal.ask("PUT", path, json=renewal), 200)


def ended_lease_id_is_refused(portal: Portal) -> None:
    """The id of a released lease answers 409 `lease-ended`, and its scopes are free."""
    scopes = _scopes(portal)
    body = portal.lease_body(*scopes)
    lease = expect_status(portal.ask_for_lease(body), 201)
    for _ in range(2):
        expect_status(portal.release(lease), 204)
    expect_problem(portal.ask_for_lease(body), 409, "lease-ended")
    portal.lease(*scopes, run="run_next")


def lease_is_renewed_with_its_token(portal: Portal) -> None:
    """A lease is renewed with its token; with another token the answer is 409."""
    lease = portal.lease(*_scopes(portal), ttl_s=30)
    path = f"/leases/{lease['id']}"
    wrong = portal.ask("PUT", path, json={"token": lease["token"] + 1, "ttl_s": 60})
    expect_problem(wrong, 409, "lease-fenced")
    renewal = {"token": lease["token"], "ttl_s": 60}
    longer = expect_status(portal.ask("PUT", path, json=renewal), 200)
    expect(longer["expires_in_s"] > 30, "the lease was not extended")


LAWS = (
    Law(lease_covers_all_its_scopes_or_none, "apply"),
    Law(refused_lease_names_its_holder, "apply"),
    Law(lease_tokens_increase, "apply"),
    Law(repeated_lease_request_finds_its_lease, "apply"),
    Law(lease_id_belongs_to_one_request, "apply"),
    Law(lease_id_belongs_to_one_principal, "apply"),
    Law(ended_lease_id_is_refused, "apply"),
    Law(lease_is_renewed_with_its_token, "apply"),
)
