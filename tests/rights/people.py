"""Cases about one person: an edit of their file, their arrival, their move to another customer."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from reconciler.model.desired import DesiredContact, DesiredCustomer
from reconciler.model.live import Actor, Applied, LiveContact, Status
from reconciler.model.values import Value
from tests.builders import contact, customer, in_portal, removed
from tests.rights.cases import Case, applied_portal, files
from tests.rights.edits import (
    BESIDE,
    CONTACT_EDITS,
    LEE,
    CatalogueEdit,
    case_of,
    catalogue,
    edit_catalogue,
    row_edits,
)

SAM: Final = "con_acme_sam"
MARA: Final = contact("mara", "acme", "manager", services="all")
PERSON_EDITS: Final = row_edits(SAM, "cus_acme")


def person(  # noqa: PLR0917  one value of each dimension
    status: Status,
    role: str,
    own: Value,
    protected: bool,
    listed: Value,
    managers: tuple[str, ...],
    services: tuple[bool, bool],
    edit: str | None,
    in_live: str,
    beside: tuple[str, str],
) -> Case | None:
    """One person, one edit of their file (None: it goes), one in the portal, one beside."""
    if not managers and not own == listed == "all":
        return None
    if beside != BESIDE[0] and (protected or listed in _FEWER_BESIDE):
        return None
    sam = contact("sam", "acme", role, services=own, protected=protected)
    later = CONTACT_EDITS[edit](sam) if edit is not None else None
    if edit is not None and later is None:
        return None
    changed = edit_catalogue(beside[0], *services)
    before = files([_home(listed, managers, [MARA, sam])], catalogue(*services))
    people = [MARA] if later is None else [MARA, _relisted(later, changed)]
    after = files([_home(changed.listed(listed), managers, people)], changed.services)
    live = PERSON_EDITS[in_live](applied_portal(before, {"acme/sam": status}))
    if live is None:
        return None
    rename = (edit, in_live, beside, protected) == ("rename", "nothing", BESIDE[0], False)
    return case_of(before, after, live, in_live, beside[1], rename=rename)


_FEWER_BESIDE: Final[tuple[Value, ...]] = (("std",), ("cert", "std"))


def _home(listed: Value, managers: tuple[str, ...], people: list[DesiredContact]) -> DesiredCustomer:
    return customer("acme", people, services=listed, project_managers=managers)


def _relisted(one: DesiredContact, edit: CatalogueEdit) -> DesiredContact:
    if "services" not in one.fields:
        return one
    return replace(one, fields={**one.fields, "services": edit.listed(one.fields["services"])})


def arrival(  # noqa: PLR0917  one value of each dimension
    how: str,
    status: Status,
    role: str,
    wanted: str,
    own: Value,
    listed: Value,
    services: tuple[bool, bool],
    managers: tuple[str, ...],
    hold: str,
) -> Case | None:
    """One person whom the files name for the first time, or again."""
    if how != "adopted" and (status is not Status.ACTIVE or role != wanted):
        return None
    before = files([_home(listed, managers, [MARA])], catalogue(*services))
    sam = contact("sam", "acme", wanted, services=own)
    live = applied_portal(before)
    if how != "created":
        row = _returning(sam) if how == "restored" else _unmanaged(sam, status, role)
        live = replace(live, contacts={**live.contacts, row.id: row})
    later = replace(before.customers["acme"], contacts={"mara": MARA, "sam": sam})
    return case_of(before, replace(before, customers={"acme": later}), live, f"sam is {how}", hold)


def _returning(one: DesiredContact) -> LiveContact:
    gone = removed("reconciler", Actor.RECONCILER)
    return in_portal(one, status=Status.REMOVED, removal=gone, applied=Applied(False, dict(one.fields)))


def _unmanaged(one: DesiredContact, status: Status, role: str) -> LiveContact:
    return in_portal(one, status=status, owner=None, external_key=None, applied=None, role=role, services="all")


def move(  # noqa: PLR0917  one value of each dimension
    status: Status,
    role: str,
    here: Value,
    there: Value,
    services: tuple[bool, bool],
    what: str,
    protected: bool,
    hold: str,
) -> Case | None:
    """A person who moves from acme to beta, or whose address passes to somebody there."""
    sam = contact("sam", "acme", role, protected=protected)
    bea = contact("bea", "beta", "manager")
    folks = {"before": ([MARA, sam], [bea]), "moved": ([MARA], [bea, _moved(sam, role)])}
    folks["moved to observer"] = ([MARA], [bea, _moved(sam, "observer")])
    other = replace(sam, fields={**sam.fields, "email": "new@acme.example"})
    folks["address passed on"] = ([MARA, other], [bea, contact("tom", "beta", email=sam.email)])
    before, after = (
        files(
            [
                customer("acme", folks[when][0], services=here, project_managers=LEE),
                customer("beta", folks[when][1], services=there, project_managers=LEE),
            ],
            catalogue(*services),
        )
        for when in ("before", what)
    )
    return case_of(before, after, applied_portal(before, {"acme/sam": status}), "nothing", hold)


def _moved(sam: DesiredContact, role: str) -> DesiredContact:
    fields = {name: value for name, value in sam.fields.items() if name != "protected"}
    return replace(contact("sam", "beta"), fields={**fields, "role": role})
