"""What every line about a contact is made of: the change with its target and cause, an edit, a count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model.changes import Cause, Change, Kind, ObjectKind, Target
from reconciler.model.desired import DesiredContact
from reconciler.model.live import Applied, LiveContact, LiveObject, Touch
from reconciler.model.plan import PortalEdit
from reconciler.model.roles import Role
from reconciler.model.values import FieldChange, Fields
from reconciler.planning.circumstances import Case, Person


def contact_change(case: Case, one: Person, kind: Kind, message: str) -> Change:
    """A change of this kind about the person, remembering her file; its effects are the caller's."""
    live, wanted = one.match.live, one.match.desired
    customer = case.customer.live
    target = Target(
        live.id if live else None,
        live.version if live else None,
        customer.id if customer else None,
        one.match.generation if live is None else live.generation,
    )
    base: Fields | None = wanted.fields if wanted else None
    return Change(
        kind, ObjectKind.CONTACT, case.key, one.key, message, target=target, base=base, cause=cause_of(one)
    )  # fmt: skip


def cause_of(one: Person, field: str = "") -> Cause:
    """The line of the person's file that says the field, or the file; that there is no file."""
    if one.match.desired is None:
        return Cause()
    place = one.match.desired.places.get(field, one.match.desired.place)
    return Cause(place.path, place.line)


def field_edit(customer: str | None, contact: str | None, edit: FieldChange, touch: Touch | None) -> PortalEdit:
    """A field that was moved in the portal, with who and when as far as the portal knows."""
    by, at = _who_and_when(touch)
    return PortalEdit(customer, contact, edit.name, edit.before, edit.after, by, at)


def presence_edit(customer: str, contact: str | None, live: str, touch: Touch | None) -> PortalEdit:
    """Somebody taken out or brought back in the portal while the files stood still."""
    by, at = _who_and_when(touch)
    return PortalEdit(customer, contact, "presence", "absent" if live == "restored" else "present", live, by, at)


def _who_and_when(touch: Touch | None) -> tuple[str, str]:
    return (touch.by, touch.at) if touch else ("unknown", "")


def first_setters(live: LiveObject, base: Applied | None, changes: Iterable[FieldChange]) -> tuple[str, ...]:
    """Who set the live value of each changed field that no file had managed before."""
    known = base.fields if base else {}
    return set_by(live, [change.name for change in changes if change.name not in known])


def with_memos(made: list[Change], memos: Iterable[FieldChange]) -> list[Change]:
    """The changes of one object, the last of them showing what else the base will remember."""
    if not made:
        return made
    fields = tuple(sorted((*made[-1].fields, *memos), key=lambda field: field.name))
    return [*made[:-1], replace(made[-1], fields=fields)]


def set_by(live: LiveObject, fields: Iterable[str]) -> tuple[str, ...]:
    """A sentence for each of the fields of which the portal knows who set it."""
    return tuple(
        f"{name} was set by {live.touched[name].by} on {live.touched[name].at[:10]}"
        for name in sorted(fields)
        if name in live.touched
    )


def live_of(one: Person) -> LiveContact:
    """The person's row; only for a match that has one."""
    if one.match.live is None:
        raise AssertionError(f"{one.key} has no live contact")
    return one.match.live


def wanted_of(one: Person) -> DesiredContact:
    """The person's file; only for a match that has one."""
    if one.match.desired is None:
        raise AssertionError(f"{one.key} has no file")
    return one.match.desired


def both_moved(conflicts: Iterable[FieldChange]) -> str:
    """What file and portal say of each field that both moved."""
    said = (f"{c.name} is {c.before!r} in the file and {c.after!r} in the portal" for c in conflicts)
    return f"both sides moved: {', '.join(said)}"


def with_article(role: Role) -> str:
    """The role as what somebody is."""
    return f"an {role}" if role is Role.OBSERVER else f"a {role}"


def counted(number: int, noun: str) -> str:
    """The number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
