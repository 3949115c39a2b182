"""People who come: created, let in by a registration, restored; and registrations that are rejected.

From a match without a living row to a change, or to a reason to hold the contact back.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from reconciler.model.changes import Cause, Change, Effects, Kind, Mail, MailKind, ObjectKind, Target
from reconciler.model.desired import DesiredState
from reconciler.model.fields import is_memo, same_value
from reconciler.model.live import Registration
from reconciler.model.roles import ACCESS, capabilities
from reconciler.model.values import FieldChange
from reconciler.planning.circumstances import Case, Person, spoken
from reconciler.planning.drafts import Draft
from reconciler.planning.lines import contact_change, live_of, wanted_of, with_article
from reconciler.planning.matching import How, could_be


@dataclass(frozen=True, slots=True)
class Objection:
    """Why somebody cannot come."""

    rule: str
    message: str
    hint: str


def objection(case: Case, one: Person) -> Objection | None:
    """What stands against a person's arrival; None for whoever may come or is there already."""
    match one.match.how:
        case How.APPROVED:
            return _registration_moved(case, one)
        case How.CREATED | How.RESTORED:
            return _registration_waits(one)
        case _:
            return None


def _registration_moved(case: Case, one: Person) -> Objection | None:
    found, reference = one.match.registration, wanted_of(one).registration
    name = reference.id if reference else ""
    if name in case.contested:
        hint = "keep it in the file of the person who signed up, and delete the others"
        return Objection("registration-changed", f"registration {name} is named by several files", hint)
    hint = "delete the file; without its registration line it adds the person anew"
    if found is None:
        said = "is gone: rejected, withdrawn or already decided"
    elif not could_be(found, case.customer):
        said = "is of another customer"
    elif reference is None or found.fingerprint != reference.fingerprint:
        said = "changed since it was reviewed"
        hint = f"read it anew in the portal, then write {_line(found)} or delete the file"
    else:
        return None
    return Objection("registration-changed", f"registration {name} {said}", hint)


def _registration_waits(one: Person) -> Objection | None:
    pending, wanted = one.match.rejects, wanted_of(one)
    if not pending or wanted.refuses_registration:
        return None
    message = f"{wanted.email} has a pending registration ({', '.join(found.id for found in pending)})"
    lines = " or ".join(_line(found) for found in pending)
    return Objection(
        "registration-pending", message, f"read it in the portal, then write {lines} or registration: none"
    )


def _line(found: Registration) -> str:
    """What a file says that approves just this registration, as it is now."""
    return f'registration: {{id: {found.id}, fingerprint: "{found.fingerprint}"}}'


def contested_registrations(desired: DesiredState) -> frozenset[str]:
    """The registrations that more than one file of the tree names."""
    named = Counter(
        [contact.registration.id for folder in desired.customers.values() for contact in folder.contacts.values()
         if contact.registration]
        + [gone.registration for folder in desired.customers.values() for gone in folder.farewells.values()
           if gone.registration]
    )  # fmt: skip
    return frozenset(name for name, files in named.items() if files > 1)


def plan_arrival(case: Case, one: Person, draft: Draft) -> None:
    """Lets the person in, or holds her back."""
    against = objection(case, one)
    if against is not None:
        draft.hold(against.rule, case.key, one.key, against.message, against.hint)
        return
    wanted = wanted_of(one)
    cause = Cause(wanted.place.path, wanted.place.line)
    draft.changes += [_rejection(case, one.key, found, "other", cause) for found in one.match.rejects]
    match one.match.how:
        case How.APPROVED:
            draft.changes.append(_approval(case, one))
        case How.RESTORED:
            draft.changes.append(_restoration(case, one))
        case _:
            message = f"{one.key} is added as {with_article(wanted.role)}"
            draft.changes.append(_newcomer(case, one, Kind.CREATE_CONTACT, message))


def _approval(case: Case, one: Person) -> Change:
    wanted, found = wanted_of(one), one.match.registration
    if found is None:
        raise AssertionError(f"{one.key} has no registration")
    made = _newcomer(case, one, Kind.APPROVE_REGISTRATION, f"{one.key} is let in as {with_article(wanted.role)}")
    target = replace(made.target, id=found.contact_id, version=found.version)
    return replace(made, target=target, registration=found.id, fingerprint=found.fingerprint)


def _newcomer(case: Case, one: Person, kind: Kind, message: str) -> Change:
    wanted, signed_up = wanted_of(one), one.match.registration
    fields = tuple(FieldChange(n, None, v) for n, v in sorted(wanted.fields.items()) if not is_memo(n))
    own = {"language": signed_up.language} if signed_up else {}
    mail = Mail(MailKind.ACTIVATION, wanted.email, spoken(case, {**own, **wanted.fields}))
    gains = (ACCESS, *sorted(capabilities(wanted.role)))
    return replace(contact_change(case, one, kind, message), fields=fields, effects=Effects((mail,), gains=gains))


def _restoration(case: Case, one: Person) -> Change:
    live, wanted = live_of(one), wanted_of(one)
    fields = tuple(
        FieldChange(name, live.fields.get(name), value)
        for name, value in sorted(wanted.fields.items())
        if not is_memo(name) and not same_value(name, live.fields.get(name), value)
    )
    mail = Mail(MailKind.ACTIVATION_AGAIN, live.email, spoken(case, one.fields_after))
    effects = Effects((mail,), gains=(ACCESS, *sorted(capabilities(wanted.role))))
    made = contact_change(case, one, Kind.RESTORE_CONTACT, f"{one.key} comes back as {with_article(wanted.role)}")
    return replace(made, fields=fields, effects=effects)


def reject_by_farewell(case: Case, draft: Draft) -> None:
    """The pending registrations that farewells turn down; one of another customer is not ours to reject."""
    for key, gone in sorted(case.farewells.items()):
        found = case.index.live.registrations.get(gone.registration or "")
        if found is None:
            continue
        if could_be(found, case.customer) and found.id not in case.contested:
            cause = Cause(gone.place.path, gone.place.line)
            draft.changes.append(_rejection(case, key, found, gone.reason, cause))
            continue
        said = "is named by several files" if found.id in case.contested else "is of another customer"
        hint = "move the line to the farewell where the registration belongs"
        draft.hold("registration-changed", case.key, key, f"registration {found.id} {said}", hint)


def _rejection(case: Case, key: str, found: Registration, reason: str, cause: Cause) -> Change:
    mail = Mail(MailKind.REJECTED, found.email, found.language or case.language)
    return Change(
        Kind.REJECT_REGISTRATION, ObjectKind.CONTACT, case.key, key, f"the registration of {found.email} is rejected",
        cause=cause, effects=Effects((mail,)), target=Target(found.contact_id, found.version), registration=found.id,
        reason=reason, present=False,
    )  # fmt: skip
