"""The facts that the safeguards of customers, services and settings evaluate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.desired import Policy
from reconciler.model.plan import Facts, Group
from reconciler.planning.customer_context import CustomerContext
from reconciler.planning.index import Index
from reconciler.planning.projection import (
    Projection,
)


@dataclass(frozen=True, slots=True)
class Situation:
    """The facts that safeguards evaluate, besides which groups are applied.

    `contexts`: by customer key. `policy`: in force. `demanded`: the files' own policy.
    `affected_count`: the number of people whom the limits count.
    """

    contexts: Mapping[str, CustomerContext]
    groups: tuple[Group, ...]
    projection: Projection
    index: Index
    policy: Policy
    demanded: Policy
    facts: Facts
    names: Mapping[str, str]
    affected_count: int
