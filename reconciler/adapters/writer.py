"""The writing client: leases and batches. Only `apply` creates one."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from reconciler.adapters.address import Address
from reconciler.adapters.budget import Budget
from reconciler.adapters.connection import WritingConnection
from reconciler.adapters.encoding import expectation, idempotency_key, operation
from reconciler.model.changes import Change
from reconciler.model.errors import NotUnderstood, OutcomeUnknown, Unreachable
from reconciler.model.plan import Expects
from reconciler.model.portal import Committed, Lease, RunMark


class PortalWriter:
    """Writes to one portal. Threads may share it and its connections."""

    def __init__(self, address: Address, budget: Budget | None = None) -> None:
        self._connection = WritingConnection(address, budget)

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def take_lease(
        self, scopes: Sequence[str], ttl_s: float, holder: str, run: str
    ) -> Lease:
        """Return a lease on all the scopes; `LeaseHeld` if another run has one of them."""
        # The id is chosen here. If the answer is lost, the repeated request finds the same lease;
        # with another id, the run would wait for a lease of its own.
        body = {
            "id": f"lea_{secrets.token_hex(16)}",
            "scopes": list(scopes),
            "ttl_s": ttl_s,
            "holder": holder,
            "run": run,
        }
        try:
            return _lease(self._connection.write("POST", "/leases", body, {}))
        except OutcomeUnknown as error:
            # the portal ends a lease that nobody renews, so nothing remains changed
            raise Unreachable(error.message, "run it again") from None

    def renew(self, lease: Lease, ttl_s: float) -> None:
        """Extend the lease; `LeaseLost` if it has ended."""
        self._connection.write(
            "PUT", f"/leases/{lease.id}", {"token": lease.token, "ttl_s": ttl_s}, {}
        )

    def give_back(self, lease: Lease) -> None:
        """End the lease, so that other runs can have its scopes."""
        self._connection.write("DELETE", f"/leases/{lease.id}", None, {})

    def write_batch(
        self, changes: Sequence[Change], lease: Lease, mark: RunMark, expects: Expects
    ) -> Committed:
        """Apply all the changes in one transaction; return the new revision and versions.

        Errors: `BatchRefused`: nothing was changed, for example because a row is not as `expects`
        says. `OutcomeUnknown`: no answer came, not even to repeated requests.
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
            "POST",
            "/batches",
            body,
            {"Idempotency-Key": idempotency_key(changes, mark.epoch, lease.token)},
        )
        try:
            results = answer.get("results", [])
            versions = {str(result["id"]): int(result["version"]) for result in results}
            return Committed(int(answer["revision"]), versions)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise NotUnderstood("the portal's answer to a batch has no revision") from None


def _lease(answer: object) -> Lease:
    # without the token, every batch would be refused: better to fail before the first write
    if (
        isinstance(answer, dict)
        and isinstance(answer.get("id"), str)
        and isinstance(answer.get("token"), int)
    ):
        return Lease(answer["id"], answer["token"])
    raise NotUnderstood(f"the portal's answer is not a lease: {answer!r:.80}")
