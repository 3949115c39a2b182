"""What becomes of a customer's people: who will be there after the plan, and as what.

Heirs and the last manager are judged on this: on the state that the plan really leaves, with portal
edits kept, refused arrivals left out and renames followed.
"""

from __future__ import annotations

from reconciler.model.changes import ObjectRef
from reconciler.model.live import LiveContact, Status
from reconciler.model.roles import Role
from reconciler.planning.arrivals import objection
from reconciler.planning.circumstances import Case, Person, restored_elsewhere, spoken
from reconciler.planning.heirs import Standing
from reconciler.planning.matching import How, rows_of


def standings(case: Case) -> dict[str, Standing]:
    """Everybody at the customer as the plan will leave them, by key; unmanaged people by address."""
    found = [_standing(case, one) for one in case.people]
    ours = {one.match.live.id for one in case.people if one.match.live}
    found += [
        _unmanaged(case, row)
        for row in rows_of(case.customer, case.index)
        if row.living and row.id not in ours and not case.index.manages(row)
    ]
    return {one.key: one for one in found if one is not None}


def _standing(case: Case, one: Person) -> Standing | None:
    match, live = one.match, one.match.live
    if match.how is How.AWAY or objection(case, one) is not None:
        return None
    if match.desired is None:
        return _without_file(case, one, live) if live is not None and live.living else None
    ref = ObjectRef(case.key, one.key, live.id if live else None, live.version if live else None)
    fields = one.fields_after
    return Standing(
        one.key, ref, Role(str(fields["role"])), _status(one), str(fields["email"]), spoken(case, fields),
        heir=match.desired.heir, former=_former(one),
    )  # fmt: skip


def _status(one: Person) -> Status:
    live = one.match.live
    if live is None or not live.living:
        return Status.INVITED
    moved = not one.compared.conflicts and any(change.name == "email" for change in one.compared.changes)
    return Status.INVITED if moved else live.status


def _former(one: Person) -> tuple[str, ...]:
    said = one.match.desired.previously if one.match.desired else ()
    live = one.match.live
    return (*said, live.external_key) if live and live.external_key and live.external_key != one.key else said


def _without_file(case: Case, one: Person, live: LiveContact) -> Standing:
    gone = case.farewells.get(one.key)
    stays = restored_elsewhere(case, one) or (gone is not None and gone.keep)
    ref = ObjectRef(case.key, one.key, live.id, live.version)
    return Standing(
        one.key, ref, live.role, live.status, live.email, spoken(case, live.fields),
        leaves=not stays, heir=_leavers_heir(case, one),
    )  # fmt: skip


def _unmanaged(case: Case, row: LiveContact) -> Standing:
    ref = ObjectRef(case.key, row.email, row.id, row.version, label=row.email)
    return Standing(row.email, ref, row.role, row.status, row.email, spoken(case, row.fields))


def _leavers_heir(case: Case, one: Person) -> str | None:
    """Whom a leaver's farewell names, else what her last file said."""
    gone = case.farewells.get(one.key)
    if gone and gone.heir:
        return gone.heir
    value = one.match.base.fields.get("heir") if one.match.base else None
    return value if isinstance(value, str) else None
