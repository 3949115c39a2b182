"""One customer's people: from their matches to changes, edits and refusals."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.changes import Change, Effects, Kind, Mail, MailKind
from reconciler.model.live import LiveContact
from reconciler.model.roles import ACCESS, Role
from reconciler.model.values import FieldChange
from reconciler.planning.arrivals import plan_arrival, reject_by_farewell
from reconciler.planning.circumstances import Case, Person, spoken
from reconciler.planning.departures import Standings, hand_over_if_demoted, plan_departure
from reconciler.planning.drafts import Draft
from reconciler.planning.lines import (
    both_moved,
    cause_of,
    contact_change,
    field_edit,
    first_setters,
    live_of,
    presence_edit,
    wanted_of,
    with_article,
    with_memos,
)
from reconciler.planning.matching import How
from reconciler.planning.powers import role_moves, service_moves
from reconciler.planning.standings import standings


def plan_contacts(case: Case) -> Draft:
    """All that happens to the people of one customer that stays."""
    draft = Draft()
    after = standings(case)
    for one in case.people:
        _plan_person(case, one, after, draft)
    reject_by_farewell(case, draft)
    if case.customer.how is How.RESTORED:
        draft.changes = [_without_loss(case, change) for change in draft.changes]
    return draft


def _plan_person(case: Case, one: Person, after: Standings, draft: Draft) -> None:
    match one.match.how:
        case How.SAME | How.RENAMED | How.ADOPTED | How.RECREATED:
            _present(case, one, after, draft)
        case How.AWAY:
            _away(case, one, draft)
        case How.APPROVED | How.RESTORED | How.CREATED:
            plan_arrival(case, one, draft)
        case How.GONE:
            plan_departure(case, one, after, draft)


def _present(case: Case, one: Person, after: Standings, draft: Draft) -> None:
    live, wanted = live_of(one), wanted_of(one)
    for edit in one.compared.edits:
        draft.edits.append(field_edit(case.key, one.key, edit, live.touched.get(edit.name)))
    if one.match.how is How.RECREATED:
        draft.edits.append(presence_edit(case.key, one.key, "recreated", live.touched.get("presence")))
    if one.compared.conflicts:
        hint = "write the portal's value into the file to keep it; to keep the file's, set the portal back first"
        draft.hold("conflict", case.key, one.key, both_moved(one.compared.conflicts), hint)
        return
    changes = {change.name: change for change in one.compared.changes}
    hand_over_if_demoted(case, one, changes.get("role"), after, draft)
    if one.match.how in {How.ADOPTED, How.RECREATED}:
        draft.changes.append(_adoption(case, one))
        return
    made = _renaming(case, one) + _field_changes(case, one, changes)
    if not made and one.compared.record:
        recorded = contact_change(case, one, Kind.RECORD, f"{one.key}: remember what the file says")
        first = next((memo.name for memo in one.compared.memos), "")
        made = [replace(recorded, cause=cause_of(one, first))]
    draft.changes += with_memos(made, one.compared.memos)
    if wanted.registration and wanted.registration.id in case.index.live.registrations:
        message = f"registration {wanted.registration.id} is still pending, but {one.key} is already a contact"
        draft.warn("registration-pending", case.key, one.key, message, "reject the registration in the portal")


def _away(case: Case, one: Person, draft: Draft) -> None:
    live = live_of(one)
    touch = live.removal.touch if live.removal else live.touched.get("presence")
    if one.compared.changes or one.compared.conflicts:
        who = f"{touch.by} on {touch.at[:10]}" if touch else "somebody"
        message = f"the file changed, but {who} removed this contact in the portal"
        hint = "delete the file, or have the contact restored in the portal"
        draft.hold("conflict", case.key, one.key, message, hint)
        return
    draft.edits.append(presence_edit(case.key, one.key, "removed", touch))


def _renaming(case: Case, one: Person) -> list[Change]:
    if one.match.how is not How.RENAMED:
        return []
    former = live_of(one).external_key
    made = contact_change(case, one, Kind.RENAME_CONTACT, f"{former} is now called {one.key}")
    return [replace(made, previous_key=former, cause=cause_of(one, "previously"))]


def _field_changes(case: Case, one: Person, changes: dict[str, FieldChange]) -> list[Change]:
    rest = tuple(change for name, change in changes.items() if name not in {"email", "role"})
    made = []
    if "email" in changes:
        made.append(_email_change(case, one, changes["email"]))
    if "role" in changes:
        made.append(_role_change(case, one, changes["role"]))
    if rest:
        made.append(_update(case, one, rest))
    return made


def _adoption(case: Case, one: Person) -> Change:
    live = live_of(one)
    message = f"{live.email} is already there and is managed from now on as {one.key}"
    return _telling(one, _moving(case, one, Kind.ADOPT_CONTACT, message, one.compared.changes))


def _email_change(case: Case, one: Person, email: FieldChange) -> Change:
    language = spoken(case, one.fields_after)
    mails = (
        Mail(MailKind.ACTIVATION_AGAIN, str(email.after), language),
        Mail(MailKind.ADDRESS_CHANGED, str(email.before), language),
    )
    made = contact_change(case, one, Kind.CHANGE_EMAIL, f"{one.key} logs in as {email.after}, once that is activated")
    made = replace(made, fields=(email,), effects=Effects(mails, loses=(ACCESS,)), cause=cause_of(one, "email"))
    return _telling(one, made)


def _role_change(case: Case, one: Person, role: FieldChange) -> Change:
    message = f"{one.key} becomes {with_article(Role(str(role.after)))}, was {role.before}"
    made = _moving(case, one, Kind.CHANGE_ROLE, message, (role,))
    return _telling(one, replace(made, cause=cause_of(one, "role")))


def _update(case: Case, one: Person, changes: tuple[FieldChange, ...]) -> Change:
    names = ", ".join(change.name for change in changes)
    made = _moving(case, one, Kind.UPDATE_CONTACT, f"{one.key}: {names}", changes)
    return _telling(one, replace(made, cause=cause_of(one, changes[0].name)))


def _moving(case: Case, one: Person, kind: Kind, message: str, changes: tuple[FieldChange, ...]) -> Change:
    loses, gains = _moves(case, live_of(one), changes)
    made = contact_change(case, one, kind, message)
    return replace(made, fields=changes, effects=Effects(loses=loses, gains=gains))


def _telling(one: Person, change: Change) -> Change:
    """With who set each value that no file had said before."""
    notes = first_setters(live_of(one), one.match.base, change.fields)
    return replace(change, notes=notes, message=change.message + "".join(f" ({note})" for note in notes))


def _moves(case: Case, live: LiveContact, changes: tuple[FieldChange, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    loses: tuple[str, ...] = ()
    gains: tuple[str, ...] = ()
    for change in changes:
        if change.name == "role":
            lost, gained = role_moves(live.role, Role(str(change.after)))
        elif change.name == "services":
            lost, gained = service_moves(change.before, change.after, case.offered)
        else:
            continue
        loses, gains = (*loses, *lost), (*gains, *gained)
    return tuple(sorted(loses)), tuple(sorted(gains))


def _without_loss(case: Case, change: Change) -> Change:
    """Whoever comes back with her customer in this plan had nothing to lose before it."""
    row = case.index.live.contacts.get(change.target.id or "")
    return change if row is None or row.living else replace(change, effects=replace(change.effects, loses=()))
