"""Desired and live states with dull, valid defaults; a test says only what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.desired import (
    DesiredContact,
    DesiredCustomer,
    DesiredSettings,
    DesiredState,
    Farewell,
    Place,
    Policy,
)
from reconciler.model.fields import is_memo
from reconciler.model.live import (
    Actor,
    Applied,
    LiveContact,
    LiveCustomer,
    LiveSettings,
    LiveState,
    OpenRequest,
    Removal,
    Status,
    Touch,
)
from reconciler.model.plan import Plan
from reconciler.model.values import Fields

OWNER = "acme-translations"
NOW = "2026-11-23T12:00:00Z"
RECENTLY = "2026-11-20T12:00:00Z"


def contact(key: str, customer: str = "acme", role: str = "requester", **more: Any) -> DesiredContact:
    """A contact file; keyword arguments that are no members of the file's value are its fields."""
    members = {n: more.pop(n) for n in ("leaves", "previously", "registration", "refuses_registration") if n in more}
    fields = {"name": key.replace("-", " ").title(), "email": f"{key}@{customer}.example", "role": role, **more}
    return DesiredContact(customer, key, fields, Place(f"customers/{customer}/contacts/{key}.yaml", 1), **members)


def farewell(key: str, customer: str = "acme", **more: Any) -> Farewell:
    """A file under removed/."""
    return Farewell(customer, key, Place(f"customers/{customer}/removed/{key}.yaml", 1), **more)


def customer(
    key: str = "acme", contacts: Iterable[DesiredContact] = (), farewells: Iterable[Farewell] = (), **more: Any
) -> DesiredCustomer:
    """A customer folder with its people."""
    members = {n: more.pop(n) for n in ("previously", "release") if n in more}
    return DesiredCustomer(
        key,
        {"name": key.title(), **more},
        Place(f"customers/{key}/customer.yaml", 1),
        contacts={one.key: one for one in contacts},
        farewells={one.key: one for one in farewells},
        **members,
    )


def desired(*customers: DesiredCustomer, **more: Any) -> DesiredState:
    """A tree of these customers."""
    settings = DesiredSettings(more.pop("settings", {}), Place("portal.yaml", 1))
    return DesiredState(OWNER, settings, customers={one.key: one for one in customers}, **more)


def applied(fields: Fields, *, present: bool = True) -> Applied:
    """The base after a file was applied."""
    return Applied(present, dict(fields))


def in_portal(one: DesiredContact, **more: Any) -> LiveContact:
    """The contact as an apply of its file left it; keyword arguments are what is different since."""
    members = {
        name: more.pop(name)
        for name in ("status", "life", "removal", "owner", "external_key", "applied", "touched", "id")
        if name in more
    }
    shown = {name: value for name, value in one.fields.items() if not is_memo(name)}
    values: dict[str, Any] = {
        "id": f"con_{one.customer}_{one.key}", "version": 1, "external_key": one.key, "owner": OWNER,
        "applied": applied(one.fields), "customer_id": f"cus_{one.customer}", "status": Status.ACTIVE,
    }  # fmt: skip
    return LiveContact(**(values | members), fields={**shown, **more})


def customer_in_portal(one: DesiredCustomer, **more: Any) -> LiveCustomer:
    """The customer as an apply of its file left it."""
    members = {n: more.pop(n) for n in ("removal", "last_commit", "owner", "external_key", "applied") if n in more}
    values: dict[str, Any] = {
        "id": f"cus_{one.key}", "version": 1, "external_key": one.key, "owner": OWNER, "applied": applied(one.fields),
    }  # fmt: skip
    shown = {name: value for name, value in one.fields.items() if not is_memo(name)}
    return LiveCustomer(**(values | members), fields={**shown, **more})


def live(*rows: LiveCustomer | LiveContact | OpenRequest | Any, **more: Any) -> LiveState:
    """A portal of these rows, at the builders' now."""
    settings = LiveSettings("settings", 1, {}, "settings", OWNER, Applied(True, {}))
    state = LiveState("test-portal", "epoch", 1, NOW, settings)
    kinds: Mapping[str, type[Any]] = {"customers": LiveCustomer, "contacts": LiveContact, "requests": OpenRequest}
    found: dict[str, Any] = {
        name: {row.id: row for row in rows if isinstance(row, kind)} for name, kind in kinds.items()
    }
    return replace(state, **found, **more)


def portal_of(*customers: DesiredCustomer) -> LiveState:
    """A portal to which exactly these customers were applied."""
    people = [in_portal(one) for folder in customers for one in folder.contacts.values()]
    return live(*(customer_in_portal(folder) for folder in customers), *people)


def last_applied(state: LiveState, commit: str, owner: str = OWNER) -> LiveState:
    """The portal as a run from this commit left it that wrote settings or services."""
    return replace(state, settings=replace(state.settings, last_commits={owner: commit}))


def with_policy(state: LiveState, policy: Policy) -> LiveState:
    """The portal as an earlier run left it that applied this policy."""
    base = state.settings.applied.fields if state.settings.applied else {}
    remembered = applied({**base, **policy_fields(policy)})
    return replace(state, settings=replace(state.settings, applied=remembered))


def policy_fields(policy: Policy) -> Fields:
    """The fields of the settings that say this policy."""
    return {f"policy.{name}": getattr(policy, name) for name in Policy.__slots__}


def losses(plan: Plan) -> dict[str, tuple[str, ...]]:
    """What each person loses by a plan, also by groups that are held back."""
    return {each.person: each.loses for group in plan.groups for each in group.outcomes if each.loses}


def gains(plan: Plan) -> dict[str, tuple[str, ...]]:
    """What each person gains by a plan, also by groups that are held back."""
    return {each.person: each.gains for group in plan.groups for each in group.outcomes if each.gains}


def request(owner: LiveContact, number: int = 1, state: str = "quoted") -> OpenRequest:
    """An open request of the contact."""
    return OpenRequest(f"req_{number}", owner.customer_id, owner.id, state)


def removed(by: str = "Ada Admin", actor: Actor = Actor.ADMINISTRATOR) -> Removal:
    """A recent removal, restorable for weeks."""
    return Removal(Touch(by, actor, RECENTLY), "2026-12-20T12:00:00Z")
