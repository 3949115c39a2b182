"""People who leave or may no longer hold work: every one of them hands over first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.changes import Cause, Change, Effects, Kind, Mail, MailKind
from reconciler.model.fields import same_value
from reconciler.model.live import Status
from reconciler.model.roles import ACCESS, Role, capabilities, may_hold_work
from reconciler.model.values import FieldChange
from reconciler.planning.circumstances import Case, Person, restored_elsewhere
from reconciler.planning.drafts import Draft
from reconciler.planning.heirs import Heir, Standing, find_heir
from reconciler.planning.lines import (
    cause_of,
    contact_change,
    counted,
    live_of,
    presence_edit,
    set_by,
    wanted_of,
    with_article,
)

Standings = Mapping[str, Standing]


def plan_departure(case: Case, one: Person, after: Standings, draft: Draft) -> None:
    """What happens to a contact of ours that has no file: removed, released, remembered as gone."""
    live, base = live_of(one), one.match.base
    gone = case.farewells.get(one.key)
    cause = Cause(gone.place.path, gone.place.line) if gone else Cause()
    if not live.living:
        if base is not None and base.present:
            made = contact_change(case, one, Kind.RECORD, f"{one.key}: remember that the file is gone")
            draft.changes.append(replace(made, present=False, base=base.fields))
        return
    if restored_elsewhere(case, one):
        draft.edits.append(presence_edit(case.key, one.key, "restored", live.touched.get("presence")))
        return
    if gone and gone.keep:
        made = contact_change(case, one, Kind.RELEASE_CONTACT, f"{one.key} is no longer managed here; the access stays")
        draft.changes.append(replace(made, base=None, present=False, cause=cause))
        return
    reason = gone.reason if gone else "other"
    draft.changes.append(replace(_removal(case, one, after, draft), cause=cause, reason=reason))


def _removal(case: Case, one: Person, after: Standings, draft: Draft) -> Change:
    live, base = live_of(one), one.match.base
    work = case.index.open_work(live)
    heir = find_heir(after[one.key], after, case.heir)
    if work and heir.standing is None:
        message = (
            f"{one.key} leaves {counted(len(work), 'open request')} and nobody to receive them "
            f"({heir.problem}): {_listed(case, one)}"
        )
        hint = f"write removed/{one.key}.yaml with a line heir: KEY, or name an heir in customer.yaml"
        draft.refuse("no-heir", case.key, one.key, message, hint)
    edited = [n for n, v in (base.fields if base else {}).items() if not same_value(n, live.fields.get(n), v)]
    notes = set_by(live, edited)
    message = f"{one.key} leaves"
    if heir.standing:
        message += f"; all open work goes to {heir.standing.key}"
    made = contact_change(case, one, Kind.REMOVE_CONTACT, message + "".join(f" ({note})" for note in notes))
    lost = (ACCESS, *sorted(capabilities(live.role)))
    effects = replace(_handing_over(heir, len(work), draft, case.key, one.key), loses=lost)
    return replace(made, effects=effects, notes=notes, present=False, base=None)


def hand_over_if_demoted(case: Case, one: Person, role: FieldChange | None, after: Standings, draft: Draft) -> None:
    """The hand-over before a change of role that takes the right to hold work; nothing otherwise."""
    live = live_of(one)
    if role is None or may_hold_work(Role(str(role.after))) or not may_hold_work(live.role):
        return
    work = case.index.open_work(live)
    heir = find_heir(after[one.key], after, case.heir)
    if work and heir.standing is None:
        becomes = with_article(Role(str(role.after)))
        message = (
            f"{one.key} becomes {becomes} and nobody receives the open work ({heir.problem}): {_listed(case, one)}"
        )
        draft.refuse("no-heir", case.key, one.key, message, f"add heir: KEY to {wanted_of(one).place.path}")
    if heir.standing is None:
        return
    effects = _handing_over(heir, len(work), draft, case.key, one.key)
    made = contact_change(case, one, Kind.HAND_OVER_WORK, f"all open work of {one.key} goes to {heir.standing.key}")
    draft.changes.append(replace(made, effects=effects, cause=cause_of(one, "role"), base=None))


def _handing_over(heir: Heir, work: int, draft: Draft, customer: str, giver: str) -> Effects:
    standing = heir.standing
    if standing is None:
        return Effects()
    if work and standing.status is not Status.ACTIVE:
        message = f"{standing.key} receives the work of {giver}, but has not activated the access yet"
        hint = "resend the activation, or name somebody else"
        draft.warn("heir-invited", customer, standing.key, message, hint)
    mails = (Mail(MailKind.WORK_RECEIVED, standing.email, standing.language),) if work else ()
    return Effects(mails, standing.ref, work)


def _listed(case: Case, one: Person) -> str:
    return "; ".join(f"{request.id} ({request.state})" for request in case.index.open_work(live_of(one)))
