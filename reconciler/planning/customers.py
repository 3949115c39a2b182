"""Customers themselves: created, adopted, renamed, updated, archived, restored, released."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.changes import Cause, Change, Effects, Kind, Mail, MailKind, ObjectKind, Target
from reconciler.model.equality import address_key, name_key
from reconciler.model.fields import is_memo, same_value
from reconciler.model.live import Applied, LiveContact, LiveCustomer
from reconciler.model.roles import ACCESS, Role, may_hold_work
from reconciler.model.values import ALL, FieldChange
from reconciler.planning.circumstances import Case, spoken
from reconciler.planning.drafts import Draft
from reconciler.planning.lines import both_moved, field_edit, first_setters, presence_edit, with_memos
from reconciler.planning.matching import CustomerMatch, How
from reconciler.planning.powers import service_moves
from reconciler.planning.threeway import Compared, compare, settled


def plan_customer(case: Case) -> Draft:
    """What happens to the customer's own row."""
    draft = Draft()
    if case.released:
        _release(case, draft)
        return draft
    match case.customer.how:
        case How.CREATED:
            draft.changes.append(_creation(case))
        case How.SAME | How.RENAMED | How.ADOPTED:
            _stays(case, draft)
        case How.RESTORED:
            draft.changes.append(_restoration(case))
        case How.AWAY:
            _away(case, draft)
        case How.GONE:
            _gone(case, draft)
        case How.RECREATED | How.APPROVED:
            raise AssertionError("only contacts are approved or recreated")
    return draft


def refuse_doubles(matches: list[CustomerMatch], cases: list[Case]) -> Draft:
    """A folder gone and a new one that looks like the same customer, without a word about it."""
    draft = Draft()
    gone = [
        case
        for case in cases
        if case.customer.how is How.GONE and case.customer.live and not case.customer.live.archived
    ]
    for match in matches:
        if match.how not in {How.CREATED, How.ADOPTED} or match.desired is None or match.desired.release:
            continue
        wanted = {address_key(contact.email) for contact in match.desired.contacts.values()}
        for case in gone:
            live = case.customer.live
            assert live is not None  # noqa: S101  filtered above
            had = {address_key(row.email) for row in case.index.living(live) if case.index.manages(row)}
            if name_key(live.name) == name_key(match.desired.name) or (had and 2 * len(had & wanted) >= len(had)):
                message = f"the folder of {case.key} is gone, and {match.key} looks like the same customer"
                hint = f"write previously: [{case.key}] in {match.desired.place.path}"
                draft.refuse("same-customer", match.key, None, message, hint)
                draft.ties.append((match.key, case.key))
    return draft


def _creation(case: Case) -> Change:
    wanted = case.customer.desired
    assert wanted is not None  # noqa: S101  created from a folder
    fields = tuple(FieldChange(n, None, v) for n, v in sorted(wanted.fields.items()) if not is_memo(n))
    return replace(_change(case, Kind.CREATE_CUSTOMER, f"customer {case.key} ({wanted.name}) is added"), fields=fields)


def _release(case: Case, draft: Draft) -> None:
    """The line stays in the file when it is done: then there is nobody of ours, and nothing to do."""
    if case.customer.how in {How.SAME, How.RENAMED}:
        message = f"{case.key} and its people are no longer managed here; nothing changes for them"
        draft.changes.append(replace(_change(case, Kind.RELEASE_CUSTOMER, message), base=None, present=False))


def _stays(case: Case, draft: Draft) -> None:
    wanted, live = case.customer.desired, case.customer.live
    assert wanted is not None and live is not None  # noqa: S101, PT018  both sides matched
    base = live.applied if case.customer.how is not How.ADOPTED else None
    compared = compare(wanted.fields, live.fields, base, live.touched)
    if case.reverts():
        compared = settled(compared, [edit for edit in compared.edits if not _empowers(edit)])
    draft.edits += [field_edit(case.key, None, edit, live.touched.get(edit.name)) for edit in compared.edits]
    if compared.conflicts:
        hint = "set the file to what it shall be"
        draft.refuse("conflict", case.key, None, both_moved(compared.conflicts), hint)
        return
    draft.changes += [_telling(live, base, change) for change in _changes(case, live, compared)]


def _telling(live: LiveCustomer, base: Applied | None, change: Change) -> Change:
    """With who set each value that no file had said before."""
    notes = first_setters(live, base, change.fields)
    return replace(change, notes=notes, message=change.message + "".join(f" ({note})" for note in notes))


_GIVING = frozenset({"services", "project_managers", "email_domains"})


def _empowers(edit: FieldChange) -> bool:
    """Whether going back to the file's value (`before`) gives somebody at or for the customer more."""
    if edit.name not in _GIVING:
        return edit.name == "protected"
    if edit.after == ALL:
        return False
    had = set(edit.after) if isinstance(edit.after, tuple) else set()
    return edit.before == ALL or not (isinstance(edit.before, tuple) and set(edit.before) <= had)


def _changes(case: Case, live: LiveCustomer, compared: Compared) -> list[Change]:
    fields = compared.changes
    effects = _service_effects(case, fields)
    if case.customer.how is How.ADOPTED:
        made = _change(
            case, Kind.ADOPT_CUSTOMER, f"{live.name} is already there and is managed from now on as {case.key}"
        )
        return [replace(made, fields=fields, effects=effects)]
    made_all = []
    if case.customer.how is How.RENAMED:
        made = _change(case, Kind.RENAME_CUSTOMER, f"{live.external_key} is now called {case.key}")
        made_all.append(replace(made, previous_key=live.external_key, cause=_cause(case, "previously")))
    if fields:
        made = _change(case, Kind.UPDATE_CUSTOMER, f"{case.key}: {', '.join(field.name for field in fields)}")
        made_all.append(replace(made, fields=fields, effects=effects, cause=_cause(case, fields[0].name)))
    if not made_all and compared.record:
        recorded = _change(case, Kind.RECORD, f"{case.key}: remember what the file says")
        first = next((memo.name for memo in compared.memos), "")
        made_all.append(replace(recorded, cause=_cause(case, first)))
    return with_memos(made_all, compared.memos)


def _service_effects(case: Case, fields: tuple[FieldChange, ...]) -> Effects:
    """Services withdrawn from the customer are withdrawn from everybody who could request them.

    What every customer may order is nothing that its own list gives or takes.
    """
    moved = next((field for field in fields if field.name == "services"), None)
    live = case.customer.live
    if moved is None or live is None:
        return Effects()
    everything = tuple(sorted(str(row.fields["code"]) for row in case.index.live.services.values()))
    before, after = case.with_common(moved.before), case.with_common(moved.after)
    loses, gains = service_moves(before, after, everything)
    people = [
        case.called(row)
        for row in case.index.living(live)
        if may_hold_work(row.role) and set(loses) & set(service_moves(row.fields.get("services"), after, everything)[0])
    ]
    return Effects(loses=loses, gains=gains, people=tuple(sorted(people)))


def _restoration(case: Case) -> Change:
    wanted, live = case.customer.desired, case.customer.live
    assert wanted is not None and live is not None  # noqa: S101, PT018  both sides matched
    back = [row for row in case.index.contacts[live.id] if row.removal and row.removal.with_customer]
    mails = tuple(Mail(MailKind.ACTIVATION_AGAIN, row.email, spoken(case, row.fields)) for row in _by_address(back))
    fields = tuple(
        FieldChange(name, live.fields.get(name), value)
        for name, value in sorted(wanted.fields.items())
        if not is_memo(name) and not same_value(name, live.fields.get(name), value)
    )
    managers = sorted(case.called(row).partition("/")[2] for row in back if row.role is Role.MANAGER)
    again = f"; managers again: {', '.join(managers)}" if managers else ""
    made = _change(case, Kind.RESTORE_CUSTOMER, f"{case.key} comes back with whom the archive took out{again}")
    people = tuple(sorted(case.called(row) for row in back))
    gains = (ACCESS,) if back else ()
    return replace(made, fields=fields, effects=Effects(mails, gains=gains, people=people))


def _away(case: Case, draft: Draft) -> None:
    wanted, live = case.customer.desired, case.customer.live
    assert wanted is not None and live is not None and live.removal is not None  # noqa: S101, PT018  archived
    touch = live.removal.touch
    compared = compare(wanted.fields, live.fields, live.applied, live.touched)
    if compared.changes or compared.conflicts:
        message = f"the file changed, but {touch.by} archived this customer on {touch.at[:10]}"
        draft.refuse("conflict", case.key, None, message, "delete the folder, or have it restored in the portal")
        return
    draft.edits.append(presence_edit(case.key, None, "archived", touch))


def _gone(case: Case, draft: Draft) -> None:
    live = case.customer.live
    assert live is not None  # noqa: S101  gone from the files, so it is in the portal
    if live.archived:
        if live.applied and live.applied.present:
            made = _change(case, Kind.RECORD, f"{case.key}: remember that the folder is gone")
            draft.changes.append(replace(made, base=live.applied.fields, present=False))
        return
    if live.applied and not live.applied.present and not case.reverts():
        draft.edits.append(presence_edit(case.key, None, "restored", live.touched.get("presence")))
        return
    if requests := case.index.requests_of_customer[live.id]:
        listed = "; ".join(f"{request.id} ({request.state})" for request in requests)
        message = f"{case.key} has open requests: {listed}"
        draft.refuse("open-requests", case.key, None, message, "let them be delivered or cancelled first")
    people = tuple(sorted(case.index.person(row) for row in case.index.living(live)))
    message = f"{case.key} ({live.name}) is archived with {len(people)} {'person' if len(people) == 1 else 'people'}"
    made = _change(case, Kind.ARCHIVE_CUSTOMER, message)
    effects = Effects(loses=(ACCESS,) if people else (), people=people)
    draft.changes.append(replace(made, effects=effects, base=None, present=False, reason="other"))


def _change(case: Case, kind: Kind, message: str) -> Change:
    live, wanted = case.customer.live, case.customer.desired
    target = Target(live.id, live.version, live.id) if live else Target()
    base = wanted.fields if wanted else None
    return Change(kind, ObjectKind.CUSTOMER, case.key, None, message, target=target, base=base, cause=_cause(case))


def _cause(case: Case, field: str = "") -> Cause:
    wanted = case.customer.desired
    if wanted is None:
        return Cause()
    place = wanted.places.get(field, wanted.place)
    return Cause(place.path, place.line)


def _by_address(rows: list[LiveContact]) -> list[LiveContact]:
    return sorted(rows, key=lambda row: address_key(row.email))
