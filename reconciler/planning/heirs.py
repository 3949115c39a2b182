"""The heirs of open work: judged on the people that the plan really leaves at the customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.changes import ObjectRef
from reconciler.model.live import Status
from reconciler.model.roles import Role, may_hold_work


@dataclass(frozen=True, slots=True)
class Standing:
    """One person after the plan: key, reference, role and status.

    `heir`: named by the person's own file, used when they leave or may not hold work any more.
    `former`: keys that they had before.
    """

    key: str
    ref: ObjectRef
    role: Role
    status: Status
    email: str
    language: str
    leaves: bool = False
    heir: str | None = None
    former: tuple[str, ...] = ()

    @property
    def can_receive(self) -> bool:
        return not self.leaves and may_hold_work(self.role) and self.status in {Status.ACTIVE, Status.INVITED}


@dataclass(frozen=True, slots=True)
class Heir:
    """The person who receives open work, or the reason why nobody can."""

    standing: Standing | None
    problem: str = ""


def find_heir(giver: Standing, people: Mapping[str, Standing], customer_heir: str | None) -> Heir:
    """The heir of a person: the one that their file or farewell names, else the customer's, else the only manager.

    A named heir who leaves is followed to their own heir. When a named heir cannot receive, nobody
    does: work must not go to a person whom no file names.
    """
    named = giver.heir or customer_heir
    seen = [giver.key]
    while named:
        standing = _called(named, people)
        if standing is None:
            return Heir(None, f"'{named}' is nobody at this customer")
        if standing.key in seen:
            if giver.heir is None and seen == [standing.key]:
                break  # the giver is the customer's heir
            return Heir(None, f"the heirs go in a circle: {' → '.join([*seen, standing.key])}")
        if standing.can_receive:
            return Heir(standing)
        if not standing.leaves:
            return Heir(None, f"{standing.key} cannot hold work ({standing.role}, {standing.status})")
        seen.append(standing.key)
        named = standing.heir or customer_heir
    managers = [p for p in people.values() if p.role is Role.MANAGER and p.can_receive and p.key != giver.key]
    if len(managers) == 1:
        return Heir(managers[0])
    return Heir(None, "no heir is named" + ("" if not managers else f", and {len(managers)} managers could take it"))


def _called(key: str, people: Mapping[str, Standing]) -> Standing | None:
    return people.get(key) or next((p for p in people.values() if key in p.former), None)
