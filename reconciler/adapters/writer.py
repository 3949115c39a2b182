"""The writing client: leases and batches, and nothing else. Only applying holds one."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.adapters.address import Address
from reconciler.adapters.connection import Budget, WritingConnection
from reconciler.adapters.encoding import expectation, idempotency_key, operation
from reconciler.model.changes import Change
from reconciler.model.errors import NotUnderstood
from reconciler.model.plan import Expects
from reconciler.model.portal import Committed, Lease, RunMark


class PortalWriter:
    """Writes to one portal. Safe to use from several threads, which then share its connections."""

    def __init__(self, address: Address, budget: Budget | None = None) -> None:
        self._connection = WritingConnection(address, budget)

    def close(self) -> None:
        """Let go of the connections."""
        self._connection.close()

    def take_lease(
        self, scopes: Sequence[str], ttl_s: float, holder: str, run: str
    ) -> Lease:
        """A lease on all the scopes; `LeaseHeld` when another run has one of them."""
        body = {"scopes": list(scopes), "ttl_s": ttl_s, "holder": holder, "run": run}
        return _lease(self._connection.write_once("POST", "/leases", body))

    def renew(self, lease: Lease, ttl_s: float) -> None:
        """The lease for longer; `LeaseLost` when it is gone."""
        self._connection.write(
            "PUT", f"/leases/{lease.id}", {"token": lease.token, "ttl_s": ttl_s}, {}
        )

    def give_back(self, lease: Lease) -> None:
        """The scopes are free again."""
        self._connection.write("DELETE", f"/leases/{lease.id}", None, {})

    def write_batch(
        self, changes: Sequence[Change], lease: Lease, mark: RunMark, expects: Expects
    ) -> Committed:
        """Carry out all the changes in one transaction.

        `BatchRefused`: nothing was done, also because something is not as `expects` says.
        `OutcomeUnknown`: it was sent and no answer came, also not when the same was asked again.
        """
        body = {
            "lease": lease.id,
            "token": lease.token,
            "owner": mark.owner,
            "run": mark.run,
            "commit": mark.commit,
            "operations": [operation(change) for change in changes],
            "expects": expectation(expects),
        }
        answer = self._connection.write(
            "POST", "/batches", body, {"Idempotency-Key": idempotency_key(changes)}
        )
        try:
            results = answer.get("results", [])
            versions = {str(result["id"]): int(result["version"]) for result in results}
            return Committed(int(answer["revision"]), versions)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise NotUnderstood(
                "the portal's answer to a batch names no revision"
            ) from None


def _lease(found: object) -> Lease:
    if (
        isinstance(found, dict)
        and isinstance(found.get("id"), str)
        and isinstance(found.get("token"), int)
    ):
        return Lease(found["id"], found["token"])
    raise NotUnderstood(f"the portal's answer is no lease: {found!r:.80}")
