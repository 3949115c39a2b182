"""Cases about customers: their lists beside the catalogue, their folders, small pairs."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement
from typing import Any, Final, TypeAlias

from reconciler.model.desired import DesiredContact, DesiredCustomer, DesiredState
from reconciler.model.live import LiveState, Status
from reconciler.model.values import Value
from tests.builders import contact, customer
from tests.rights.cases import Case, applied_portal, files
from tests.rights.edits import (
    LEE,
    LISTS,
    CatalogueEdit,
    case_of,
    catalogue,
    catalogue_edits,
    edit_catalogue,
    row_edits,
)

HOME_EDITS: Final = {"nothing": row_edits("", "")["nothing"], **catalogue_edits("cus_acme")}


def crowd(home: str, edit: CatalogueEdit) -> list[DesiredContact]:
    """Everybody who differs in rights: requesters of every list, a manager, an observer."""
    requesters = [contact(f"r-{number}", home, services=edit.listed(value)) for number, value in enumerate(LISTS)]
    others = [
        contact("mara", home, "manager"),
        contact("ola", home, "observer"),
        contact("ivo", home),
    ]
    return [*requesters, *others]


def _pair(home: str, listed: Value, edit: CatalogueEdit, **fields: Any) -> DesiredCustomer:
    said = {"services": edit.listed(listed), "project_managers": LEE, **fields}
    return customer(home, crowd(home, edit), **said)


def catalogues(  # noqa: PLR0917  one value of each dimension
    services: tuple[bool, bool],
    listed: Value,
    then: Value,
    other: str,
    edit: str,
    in_live: str,
    hold: Any,
) -> Case | None:
    """Two customers whose lists change together with the catalogue."""
    keep, changed = edit_catalogue("keep", *services), edit_catalogue(edit, *services)
    beta = {"same": (listed, then), "all": ("all", "all"), "none": ((), ())}[other]
    before = files([_pair("acme", listed, keep), _pair("beta", beta[0], keep)], keep.services)
    after = files([_pair("acme", then, changed), _pair("beta", beta[1], changed)], changed.services)
    live = HOME_EDITS[in_live](_with_invited(before))
    pure = edit == "rename cert" and listed == then and in_live == "nothing" and hold == "none"
    return None if live is None else case_of(before, after, live, in_live, hold, rename=pure)


def _with_invited(before: DesiredState) -> LiveState:
    return applied_portal(before, {"acme/ivo": Status.INVITED, "beta/ivo": Status.LINK_EXPIRED})


FOLDER_EDITS: Final = (
    "gone",
    "renamed",
    "released",
    "protected",
    "no project manager",
    "other name",
)


def folders(  # noqa: PLR0917  one value of each dimension
    what: str, services: tuple[bool, bool], listed: Value, edit: str, in_live: str, hold: Any
) -> Case | None:
    """A folder that is edited as a whole, beside an edit of the catalogue."""
    keep, changed = edit_catalogue("keep", *services), edit_catalogue(edit, *services)
    before = files([_pair("acme", listed, keep), _pair("beta", listed, keep)], keep.services)
    acme = {
        "gone": None,
        "renamed": _renamed(_pair("acme", listed, changed)),
        "released": replace(_pair("acme", listed, changed), release=True),
        "protected": _pair("acme", listed, changed, protected=True),
        "no project manager": _pair("acme", listed, changed, project_managers=()),
        "other name": _pair("acme", listed, changed, name="Acme Group"),
    }[what]
    after = files([*([acme] if acme else []), _pair("beta", listed, changed)], changed.services)
    live = HOME_EDITS[in_live](_with_invited(before))
    pure = what == "renamed" and edit in {"keep", "rename cert"} and in_live == "nothing" and hold == "none"
    return None if live is None else case_of(before, after, live, in_live, hold, rename=pure)


def _renamed(folder: DesiredCustomer) -> DesiredCustomer:
    people = {key: replace(contact(key, "acme-group"), fields=one.fields) for key, one in folder.contacts.items()}
    blank = customer("acme-group", previously=(folder.key,))
    return replace(blank, fields=folder.fields, contacts=people)


KINDS: Final = {
    "requester": ("requester", Status.ACTIVE, False),
    "manager": ("manager", Status.ACTIVE, False),
    "invited": ("requester", Status.INVITED, False),
    "protected": ("requester", Status.ACTIVE, True),
}
COUPLE_EDITS: Final = (
    "keep",
    "remove one",
    "remove two",
    "remove all",
    "demote one",
    "list nothing",
    "archive",
)
Half: TypeAlias = tuple[tuple[str, ...], str]
_HALVES: Final[list[Half]] = [
    (kinds, edit)
    for number in (1, 2, 3)
    for kinds in combinations_with_replacement(KINDS, number)
    for edit in COUPLE_EDITS
    if not (edit == "remove two" and number < 2)
]
COUPLES: Final = list(combinations_with_replacement(_HALVES, 2))


def couple(halves: tuple[Half, Half], closing: bool, hold: str) -> Case | None:
    """Two small customers with an edit each."""
    before: list[DesiredCustomer] = []
    after: list[DesiredCustomer] = []
    statuses: dict[str, Status] = {}
    for home, (kinds, edit) in zip(("acme", "beta"), halves, strict=True):
        people = [
            contact(f"p-{number}", home, KINDS[kind][0], protected=KINDS[kind][2]) for number, kind in enumerate(kinds)
        ]
        statuses |= {f"{home}/{one.key}": KINDS[kind][1] for one, kind in zip(people, kinds, strict=True)}
        folder = customer(home, people, services=("cert",), project_managers=LEE, manager_optional=True)
        before.append(folder)
        after += [] if edit == "archive" else [_edited_half(folder, edit)]
    tree = files(before, catalogue(False, True))
    later = files(after, catalogue(False, not closing))
    return case_of(tree, later, applied_portal(tree, statuses), "nothing", hold) if after else None


def _edited_half(folder: DesiredCustomer, edit: str) -> DesiredCustomer:
    people = list(folder.contacts.values())
    match edit:
        case "remove one" | "remove two" | "remove all":
            left = people[{"remove one": 1, "remove two": 2, "remove all": len(people)}[edit] :]
        case "demote one":
            left = [
                replace(people[0], fields={**people[0].fields, "role": "observer"}),
                *people[1:],
            ]
        case _:
            left = people
    fields = {**folder.fields, **({"services": ()} if edit == "list nothing" else {})}
    return replace(folder, fields=fields, contacts={one.key: one for one in left})
