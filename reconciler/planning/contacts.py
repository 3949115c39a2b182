"""One customer's people: from their matches to changes, edits and refusals."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.changes import Cause, Change, Effects, Kind, Mail, MailKind, ObjectKind, Target
from reconciler.model.desired import DesiredContact
from reconciler.model.fields import is_memo
from reconciler.model.live import LiveContact, Touch
from reconciler.model.plan import PortalEdit
from reconciler.model.roles import ACCESS, Role, capabilities, may_hold_work
from reconciler.model.values import FieldChange, Fields
from reconciler.planning.circumstances import Case, Person, leaving_reason, spoken, standings
from reconciler.planning.drafts import Draft
from reconciler.planning.heirs import Standing, find_heir
from reconciler.planning.matching import How
from reconciler.planning.powers import role_moves, service_moves


def plan_contacts(case: Case) -> Draft:
    """All that happens to the people of one customer that stays."""
    draft = Draft()
    after = standings(case)
    for one in case.people:
        _plan_person(case, one, after, draft)
    _reject_by_farewell(case, draft)
    return draft


def _plan_person(case: Case, one: Person, after: dict[str, Standing], draft: Draft) -> None:
    match one.match.how:
        case How.SAME | How.RENAMED | How.ADOPTED | How.RECREATED:
            _present(case, one, after, draft)
        case How.AWAY:
            _away(case, one, draft)
        case How.APPROVED:
            _approve(case, one, draft)
        case How.RESTORED:
            _restore(case, one, draft)
        case How.CREATED:
            _create(case, one, draft)
        case How.GONE:
            _gone(case, one, after, draft)


def _present(case: Case, one: Person, after: dict[str, Standing], draft: Draft) -> None:
    live, wanted = _live(one), _wanted(one)
    for edit in one.compared.edits:
        draft.edits.append(field_edit(case.key, one.key, edit, live.touched.get(edit.name)))
    if one.match.how is How.RECREATED:
        draft.edits.append(_presence_edit(case, one, "recreated", live.touched.get("presence")))
    if one.compared.conflicts:
        fields = ", ".join(
            f"{c.name} is {c.before!r} in the file and {c.after!r} in the portal" for c in one.compared.conflicts
        )
        hint = "set the file to what it shall be, after asking whoever changed the portal"
        draft.hold("conflict", case.key, one.key, f"both sides moved: {fields}", hint)
        return
    changes = {change.name: change for change in one.compared.changes}
    if one.match.how in {How.ADOPTED, How.RECREATED}:
        _hand_over_if_demoted(case, one, changes, after, draft)
        draft.changes.append(_adoption(case, one, tuple(changes.values())))
        return
    made = _renaming(case, one) + _field_changes(case, one, changes, after, draft)
    if not made and one.compared.record:
        made = [_change(case, one, Kind.RECORD, f"{one.key}: remember what the file says")]
    draft.changes += made
    if wanted.registration and wanted.registration.id in case.index.live.registrations:
        message = f"registration {wanted.registration.id} is still pending, but {one.key} is already a contact"
        draft.warn("registration-pending", case.key, one.key, message, "reject the registration in the portal")


def _renaming(case: Case, one: Person) -> list[Change]:
    if one.match.how is not How.RENAMED:
        return []
    former = _live(one).external_key
    made = _change(case, one, Kind.RENAME_CONTACT, f"{former} is now called {one.key}")
    return [replace(made, previous_key=former, cause=_cause(one, "previously"))]


def _field_changes(
    case: Case, one: Person, changes: dict[str, FieldChange], after: dict[str, Standing], draft: Draft
) -> list[Change]:
    made = []
    if email := changes.pop("email", None):
        made.append(_email_change(case, one, email))
    if role := changes.pop("role", None):
        _hand_over_if_demoted(case, one, {"role": role}, after, draft)
        made.append(_role_change(case, one, role))
    if changes:
        made.append(_update(case, one, tuple(changes.values())))
    return made


def _away(case: Case, one: Person, draft: Draft) -> None:
    live = _live(one)
    moved = [c for c in one.compared.changes if not is_memo(c.name)]
    touch = live.removal.touch if live.removal else live.touched.get("presence")
    if moved or one.compared.conflicts:
        who = f"{touch.by} on {touch.at[:10]}" if touch else "somebody"
        message = f"the file changed, but {who} removed this contact in the portal"
        draft.hold(
            "conflict", case.key, one.key, message, "delete the file, or have the contact restored in the portal"
        )
        return
    draft.edits.append(_presence_edit(case, one, "removed", touch))


def _approve(case: Case, one: Person, draft: Draft) -> None:
    wanted, found = _wanted(one), one.match.registration
    reference = wanted.registration
    if reference is None or found is None or found.fingerprint != reference.fingerprint:
        said = "changed since it was reviewed" if found else "is gone: rejected, withdrawn or already decided"
        name = reference.id if reference else ""
        hint = "run reconciler registrations pull and review it anew, or delete the file"
        draft.hold("registration-changed", case.key, one.key, f"registration {name} {said}", hint)
        return
    made = _newcomer(case, one, Kind.APPROVE_REGISTRATION, f"{one.key} is let in as {_a(wanted.role)}")
    target = replace(made.target, id=found.contact_id, version=found.version)
    draft.changes.append(replace(made, target=target, registration=found.id, fingerprint=found.fingerprint))


def _create(case: Case, one: Person, draft: Draft) -> None:
    wanted, pending = _wanted(one), one.match.rejects
    if pending and not wanted.refuses_registration:
        message = f"{wanted.email} has a pending registration ({pending.id})"
        draft.hold("registration-pending", case.key, one.key, message, "run reconciler registrations pull")
        return
    if pending:
        draft.changes.append(
            _rejection(case, one.key, pending.id, "other", Cause(wanted.place.path, wanted.place.line))
        )
    draft.changes.append(_newcomer(case, one, Kind.CREATE_CONTACT, f"{one.key} is added as {_a(wanted.role)}"))


def _newcomer(case: Case, one: Person, kind: Kind, message: str) -> Change:
    wanted = _wanted(one)
    fields = tuple(FieldChange(n, None, v) for n, v in sorted(wanted.fields.items()) if not is_memo(n))
    gains = (ACCESS, *sorted(capabilities(wanted.role)))
    mail = Mail(MailKind.ACTIVATION, wanted.email, spoken(case, wanted.fields))
    return replace(
        _change(case, one, kind, message), fields=fields, effects=Effects((mail,), gains=gains), cause=_cause(one)
    )


def _restore(case: Case, one: Person, draft: Draft) -> None:
    live, wanted = _live(one), _wanted(one)
    fields = tuple(
        FieldChange(name, live.fields.get(name), value)
        for name, value in sorted(wanted.fields.items())
        if not is_memo(name) and live.fields.get(name) != value
    )
    mail = Mail(MailKind.ACTIVATION_AGAIN, wanted.email, spoken(case, {**live.fields, **wanted.fields}))
    effects = Effects((mail,), gains=(ACCESS, *sorted(capabilities(wanted.role))))
    made = _change(case, one, Kind.RESTORE_CONTACT, f"{one.key} comes back as {_a(wanted.role)}")
    draft.changes.append(replace(made, fields=fields, effects=effects, cause=_cause(one)))


def _gone(case: Case, one: Person, after: dict[str, Standing], draft: Draft) -> None:
    live = _live(one)
    gone = case.farewells.get(one.key)
    cause = Cause(gone.place.path, gone.place.line) if gone else Cause()
    if not live.living:
        if one.match.base is not None and one.match.base.present:
            made = _change(case, one, Kind.RECORD, f"{one.key}: remember that the file is gone")
            draft.changes.append(replace(made, present=False, base=one.match.base.fields))
        return
    if gone and gone.keep:
        made = _change(case, one, Kind.RELEASE_CONTACT, f"{one.key} is no longer managed here; the access stays")
        draft.changes.append(replace(made, base=None, present=False, cause=cause))
        return
    draft.changes += _removal(case, one, after, cause, draft)


def _removal(case: Case, one: Person, after: dict[str, Standing], cause: Cause, draft: Draft) -> list[Change]:
    live = _live(one)
    work = case.index.open_work(live)
    heir = find_heir(after[one.key], after, case.heir)
    if work and heir.standing is None:
        requests = "; ".join(f"{request.id} ({request.state})" for request in work)
        message = f"{one.key} leaves {_count(len(work), 'open request')} and nobody to receive them ({heir.problem}): {requests}"
        hint = f"write removed/{one.key}.yaml with a line heir: KEY, or name an heir in customer.yaml"
        draft.refuse("no-heir", case.key, one.key, message, hint)
    effects = _handing_over(case, heir.standing, len(work), draft, one.key)
    notes = tuple(
        f"{name} was set by {touch.by} on {touch.at[:10]}"
        for name, touch in sorted(live.touched.items())
        if one.match.base and name in one.match.base.fields and live.fields.get(name) != one.match.base.fields[name]
    )
    message = f"{one.key} leaves"
    if heir.standing:
        message += f"; all open work goes to {heir.standing.key}"
    made = _change(case, one, Kind.REMOVE_CONTACT, message + "".join(f" ({note})" for note in notes))
    lost = (ACCESS, *sorted(capabilities(live.role)))
    return [
        replace(
            made, effects=replace(effects, loses=lost), cause=cause, notes=notes, present=False, base=None,
            reason=leaving_reason(case, one.key),
        )
    ]  # fmt: skip


def _hand_over_if_demoted(
    case: Case, one: Person, changes: dict[str, FieldChange], after: dict[str, Standing], draft: Draft
) -> None:
    live, role = _live(one), changes.get("role")
    if role is None or may_hold_work(Role(str(role.after))) or not may_hold_work(live.role):
        return
    work = case.index.open_work(live)
    heir = find_heir(after[one.key], after, case.heir)
    if work and heir.standing is None:
        requests = "; ".join(f"{request.id} ({request.state})" for request in work)
        message = f"{one.key} becomes an observer and nobody receives the open work ({heir.problem}): {requests}"
        draft.refuse("no-heir", case.key, one.key, message, f"add heir: KEY to {_wanted(one).place.path}")
    if heir.standing is None:
        return
    effects = _handing_over(case, heir.standing, len(work), draft, one.key)
    made = _change(case, one, Kind.HAND_OVER_WORK, f"all open work of {one.key} goes to {heir.standing.key}")
    draft.changes.append(replace(made, effects=effects, cause=_cause(one, "role"), base=None))


def _handing_over(case: Case, heir: Standing | None, work: int, draft: Draft, giver: str) -> Effects:
    if heir is None:
        return Effects()
    if work and heir.status != "active":
        message = f"{heir.key} receives the work of {giver}, but has not activated the access yet"
        draft.warn("heir-invited", case.key, heir.key, message, "resend the activation, or name somebody else")
    mails = (Mail(MailKind.WORK_RECEIVED, heir.email, heir.language),) if work else ()
    return Effects(mails, heir.ref, work)


def _adoption(case: Case, one: Person, changes: tuple[FieldChange, ...]) -> Change:
    live = _live(one)
    loses, gains = _moves(case, live, changes)
    made = _change(
        case, one, Kind.ADOPT_CONTACT, f"{live.email} is already there and is managed from now on as {one.key}"
    )
    return replace(made, fields=changes, effects=Effects(loses=loses, gains=gains), cause=_cause(one))


def _email_change(case: Case, one: Person, email: FieldChange) -> Change:
    live, wanted = _live(one), _wanted(one)
    language = spoken(case, {**live.fields, **wanted.fields})
    mails = (
        Mail(MailKind.ACTIVATION_AGAIN, str(email.after), language),
        Mail(MailKind.ADDRESS_CHANGED, str(email.before), language),
    )
    message = f"{one.key} logs in as {email.after}, once that is activated"
    made = _change(case, one, Kind.CHANGE_EMAIL, message)
    return replace(made, fields=(email,), effects=Effects(mails, loses=(ACCESS,)), cause=_cause(one, "email"))


def _role_change(case: Case, one: Person, role: FieldChange) -> Change:
    loses, gains = role_moves(Role(str(role.before)), Role(str(role.after)))
    made = _change(case, one, Kind.CHANGE_ROLE, f"{one.key} becomes {_a(Role(str(role.after)))}, was {role.before}")
    return replace(made, fields=(role,), effects=Effects(loses=loses, gains=gains), cause=_cause(one, "role"))


def _update(case: Case, one: Person, changes: tuple[FieldChange, ...]) -> Change:
    loses, gains = _moves(case, _live(one), changes)
    names = ", ".join(change.name for change in changes)
    made = _change(case, one, Kind.UPDATE_CONTACT, f"{one.key}: {names}")
    return replace(made, fields=changes, effects=Effects(loses=loses, gains=gains), cause=_cause(one, changes[0].name))


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


def _reject_by_farewell(case: Case, draft: Draft) -> None:
    for key, gone in sorted(case.farewells.items()):
        if gone.registration and gone.registration in case.index.live.registrations:
            cause = Cause(gone.place.path, gone.place.line)
            draft.changes.append(_rejection(case, key, gone.registration, gone.reason, cause))


def _rejection(case: Case, key: str, registration: str, reason: str, cause: Cause) -> Change:
    found = case.index.live.registrations[registration]
    mail = Mail(MailKind.REJECTED, found.email, found.language or case.language)
    return Change(
        Kind.REJECT_REGISTRATION, ObjectKind.CONTACT, case.key, key, f"the registration of {found.email} is rejected",
        cause=cause, effects=Effects((mail,)), target=Target(found.contact_id, found.version), registration=registration,
        reason=reason, present=False,
    )  # fmt: skip


def _change(case: Case, one: Person, kind: Kind, message: str) -> Change:
    live, wanted = one.match.live, one.match.desired
    customer = case.customer.live
    target = Target(
        live.id if live else None,
        live.version if live else None,
        customer.id if customer else None,
        one.match.generation if live is None else live.generation,
    )
    base: Fields | None = wanted.fields if wanted else None
    cause = _cause(one) if wanted else Cause()
    return Change(kind, ObjectKind.CONTACT, case.key, one.key, message, target=target, base=base, cause=cause)


def _cause(one: Person, field: str | None = None) -> Cause:
    if one.match.desired is None:
        return Cause()
    place = one.match.desired.places.get(field or "", one.match.desired.place)
    return Cause(place.path, place.line)


def field_edit(customer: str | None, contact: str | None, edit: FieldChange, touch: Touch | None) -> PortalEdit:
    """A field that was moved in the portal, with who and when as far as the portal knows."""
    return PortalEdit(
        customer,
        contact,
        edit.name,
        edit.before,
        edit.after,
        touch.by if touch else "unknown",
        touch.at if touch else "",
    )


def _presence_edit(case: Case, one: Person, what: str, touch: Touch | None) -> PortalEdit:
    return PortalEdit(
        case.key, one.key, "presence", "present", what, touch.by if touch else "unknown", touch.at if touch else ""
    )


def _live(one: Person) -> LiveContact:
    if one.match.live is None:
        raise AssertionError(f"{one.key} has no live contact")
    return one.match.live


def _wanted(one: Person) -> DesiredContact:
    if one.match.desired is None:
        raise AssertionError(f"{one.key} has no file")
    return one.match.desired


def _a(role: Role) -> str:
    return f"an {role}" if role is Role.OBSERVER else f"a {role}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
