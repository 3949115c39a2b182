"""The parts of every line about a contact: the change with its target and cause, an edit, a count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from reconciler.model.changes import Cause, Change, Kind, ObjectKind, Target
from reconciler.model.desired import DesiredContact
from reconciler.model.live import Applied, LiveContact, LiveObject, Touch
from reconciler.model.plan import PortalEdit
from reconciler.model.roles import Role
from reconciler.model.values import FieldChange
from reconciler.planning.customer_context import CustomerContext, Person


def contact_change(context: CustomerContext, person: Person, kind: Kind, message: str) -> Change:
    """A change of this kind about the person, remembering their file; its effects are the caller's."""
    live, desired = person.match.live, person.match.desired
    customer = context.customer.live
    target = Target(
        live.id if live else None,
        live.version if live else None,
        customer.id if customer else None,
        person.match.life if live is None else live.life,
    )
    base = desired.fields if desired else None
    cause = cause_of(person)
    return Change(kind, ObjectKind.CONTACT, context.key, person.key, message, target=target, base=base, cause=cause)


def cause_of(person: Person, field: str = "") -> Cause:
    """The line of the person's file that says the field, or the file; none when there is no file."""
    if person.match.desired is None:
        return Cause()
    place = person.match.desired.places.get(field, person.match.desired.place)
    return Cause(place.path, place.line)


def field_edit(
    customer: str | None, contact: str | None, edit: FieldChange, touch: Touch | None, service: str | None = None
) -> PortalEdit:
    """A field that was changed in the portal, with who and when as far as the portal knows."""
    by, at = _who_and_when(touch)
    return PortalEdit(customer, contact, edit.name, edit.before, edit.after, by, at, service)


def presence_edit(customer: str, contact: str | None, live: str, touch: Touch | None) -> PortalEdit:
    """An object removed or restored in the portal while the files stood still."""
    by, at = _who_and_when(touch)
    applied = "absent" if live == "restored" else "present"
    return PortalEdit(customer, contact, "presence", applied, live, by, at)


def _who_and_when(touch: Touch | None) -> tuple[str, str]:
    return (touch.by, touch.at) if touch else ("unknown", "")


def naming_setters(change: Change, live: LiveObject, base: Applied | None) -> Change:
    """The change with who set each live value that no file had managed before."""
    known = base.fields if base else {}
    notes = set_by(live, [field.name for field in change.fields if field.name not in known])
    return replace(change, notes=notes, message=change.message + "".join(f" ({note})" for note in notes))


def set_by(live: LiveObject, fields: Iterable[str]) -> tuple[str, ...]:
    """A sentence for each of the fields of which the portal knows who set it."""
    return tuple(
        f"{name} was set by {live.touched[name].by} on {live.touched[name].at[:10]}"
        for name in sorted(fields)
        if name in live.touched
    )


def live_of(person: Person) -> LiveContact:
    """The person's row; only for a match that has one."""
    if person.match.live is None:
        raise AssertionError(f"{person.key} has no live contact")
    return person.match.live


def desired_of(person: Person) -> DesiredContact:
    """The person's file; only for a match that has one."""
    if person.match.desired is None:
        raise AssertionError(f"{person.key} has no file")
    return person.match.desired


SETTLE: Final = "write the portal's value into the file to keep it; to keep the file's, set the portal back first"
"""What to do about a conflict."""


def both_moved(conflicts: Iterable[FieldChange]) -> str:
    """The file's and the portal's value of each field that both sides changed."""
    pairs = (f"{c.name} is {c.before!r} in the file and {c.after!r} in the portal" for c in conflicts)
    return f"both sides moved: {', '.join(pairs)}"


def with_article(role: Role) -> str:
    """The role with its article: `a manager`, `an observer`."""
    return f"an {role}" if role is Role.OBSERVER else f"a {role}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """The number with its noun; the plural is given where it is not the singular with an s."""
    return f"{number} {one if number == 1 else many or one + 's'}"
