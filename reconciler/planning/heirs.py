"""The heirs of open work, chosen from the people whom the plan leaves at the customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.model.changes import ObjectRef
from reconciler.model.live import Status
from reconciler.model.roles import Role, may_hold_work, role_name
from reconciler.model.sentences import Sentence, sentence


@dataclass(frozen=True, slots=True)
class ContactAfterPlan:
    """One contact after the plan: key, reference, role and status.

    `heir`: named by the contact's own file, used when they leave or may no longer hold work.
    `former`: earlier keys.
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
        return (
            not self.leaves
            and may_hold_work(self.role)
            and self.status in {Status.ACTIVE, Status.INVITED}
        )


_NO_HEIR: Final = sentence("reason", "no heir is named")


@dataclass(frozen=True, slots=True)
class Heir:
    """The contact who receives open work, or the reason why nobody can."""

    contact: ContactAfterPlan | None
    problem: Sentence = _NO_HEIR


def find_heir(
    giver: ContactAfterPlan,
    people: Mapping[str, ContactAfterPlan],
    customer_heir: str | None,
) -> Heir:
    """Return the heir of a person: from their file or farewell, else the customer's, else the only
    manager.

    A named heir who leaves is followed to their own heir. When a named heir cannot receive, nobody
    does: work must not go to a person without a file.
    """
    heir_key = giver.heir or customer_heir
    chain = [giver.key]
    while heir_key:
        contact = _find_by_key(heir_key, people)
        if contact is None:
            return Heir(None, _NOT_A_CONTACT.with_arguments(heir=heir_key))
        if contact.key in chain:
            if giver.heir is None and chain == [contact.key]:
                break  # the giver is the customer's heir
            circle = " → ".join([*chain, contact.key])
            return Heir(None, _CIRCLE.with_arguments(heirs=circle))
        if contact.can_receive:
            return Heir(contact)
        if not contact.leaves:
            return Heir(
                None,
                _CANNOT_HOLD_WORK.with_arguments(
                    heir=contact.key,
                    role=role_name(contact.role),
                    status=str(contact.status),
                ),
            )
        chain.append(contact.key)
        heir_key = contact.heir or customer_heir
    managers = [
        p
        for p in people.values()
        if p.role is Role.MANAGER and p.can_receive and p.key != giver.key
    ]
    if len(managers) == 1:
        return Heir(managers[0])
    return Heir(
        None,
        _SEVERAL_MANAGERS.with_arguments(count=len(managers)) if managers else _NO_HEIR,
    )


_NOT_A_CONTACT: Final = sentence("reason", "'{heir}' is not a contact of this customer")
_CIRCLE: Final = sentence("reason", "the heirs form a circle: {heirs}")
_CANNOT_HOLD_WORK: Final = sentence("reason", "{heir} cannot hold work ({role}, {status})")
# At least two: a single manager would be the heir.
_SEVERAL_MANAGERS: Final = sentence(
    "reason", "no heir is named, and {count} managers could receive it"
)


def _find_by_key(
    key: str, people: Mapping[str, ContactAfterPlan]
) -> ContactAfterPlan | None:
    contact = people.get(key)
    with_new_key = next((p for p in people.values() if key in p.former), None)
    # A key can belong to a contact who left, and be the former key of another who is still there.
    is_tombstone = contact is not None and contact.status is Status.REMOVED
    return with_new_key or contact if is_tombstone else contact or with_new_key
