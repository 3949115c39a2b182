"""Every state and every single edit of small portals, as families of cases.

A person's rights depend on their own row, their customer's row and the catalogue, and on no other
person (see `oracle`). So the full product over two customers, three contacts and four services falls apart
into families, each the full product of what meets in it:

* `persons`: one person at one customer, a manager beside them. In full: status (3) × role (3) × own list
  (every list of two services, 5) × customer's list (5) × catalogue (3, names exchanged once) × every
  single edit of the file (17, and that it goes) × every single edit in the portal (22) × an edit of the
  catalogue and what holds a group back (4). Reduced: a customer without project manager only where
  both lists are `all`, because `ordering` depends on no list; protected people only where nothing is
  edited beside them; three of the customer's five lists where something is.
* `arrivals`: who is created, restored or adopted. In full: how (3) × status (3) × role in the portal and
  in the file (3 × 3) × own list (5) × customer's list (5) × catalogue (3) × project manager (2) × hold (3).
* `catalogues`: two customers and up to four services. In full: catalogue (3) × the first customer's
  list before and after (5 × 5) × the second customer (the same edit, or keeps `all`, or keeps none) × edit
  of the catalogue (13) × edit in the portal (12) × what holds a group back or is left out of the run (8).
  Instead of three contacts, everybody who differs in rights stands in one crowd: the people do not
  influence each other. Reduced: observers and people not yet active have no list of their own here.
* `folders`: a customer's folder goes, is renamed, released, protected or changes project managers × all
  that of `catalogues`, with the list before and after the same.
* `moves`: a person moves to another customer, or their address passes to somebody there. In full.
* `couples`: where people and customers do influence each other: limits, holding back, protection. Every
  pair of customers of one to three people out of four kinds, and one of seven edits each, up to
  the order of people and of customers; with a service closed in the same commit or not.

`sizes()` counts the combinations; what a combination would repeat is left out when its case is built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement, islice, product
from math import prod
from typing import Any, Final, TypeAlias

from reconciler.model.desired import DesiredContact, DesiredCustomer, DesiredState
from reconciler.model.live import Actor, Applied, LiveContact, LiveState, Status
from reconciler.model.values import Value
from tests.builders import contact, customer, in_portal, removed
from tests.rights.cases import Case, applied_portal, files
from tests.rights.edits import (
    BESIDE,
    CATALOGUE_EDITS,
    CATALOGUES,
    CONTACT_EDITS,
    HOLDS_AND_TERMS,
    LEE,
    LISTS,
    ROLES,
    STATUSES,
    CatalogueEdit,
    catalogue,
    catalogue_edits,
    edit_catalogue,
    held,
    row_edits,
)

Build: TypeAlias = Callable[..., Case | None]
SAM: Final = "con_acme_sam"
_MARA: Final = contact("mara", "acme", "manager", services="all")
_PERSON_EDITS: Final = row_edits(SAM, "cus_acme")
_CATALOGUE_EDITS: Final = {"nothing": _PERSON_EDITS["nothing"], **catalogue_edits("cus_acme")}


@dataclass(frozen=True, slots=True)
class Family:
    """Cases of one kind: the product of its dimensions, without what `build` leaves out."""

    name: str
    dimensions: tuple[Sequence[Any], ...]
    build: Build

    @property
    def size(self) -> int:
        """How many combinations there are."""
        return prod(len(dimension) for dimension in self.dimensions)

    def choices(self, first: int = 0, step: int = 1) -> Iterator[tuple[Any, ...]]:
        """Every step-th combination from the first on."""
        return islice(product(*self.dimensions), first, None, step)

    def cases(self, first: int = 0, step: int = 1) -> Iterator[Case]:
        """The cases of every step-th combination from the first on."""
        for choice in self.choices(first, step):
            found = self.build(*choice)
            if found is not None:
                yield found


def person(  # noqa: PLR0917  one value of each dimension
    status: Status, role: str, own: Value, protected: bool, listed: Value, managers: tuple[str, ...],
    services: tuple[bool, bool], edit: str | None, in_live: str, beside: tuple[str, str],
) -> Case | None:  # fmt: skip
    """One person, one edit of their file (None: it goes), one edit in the portal, and one beside them."""
    if not managers and not own == listed == "all":
        return None
    if beside != BESIDE[0] and (protected or listed in _FEWER_BESIDE):
        return None
    sam = contact("sam", "acme", role, services=own, protected=protected)
    later = CONTACT_EDITS[edit](sam) if edit is not None else None
    if edit is not None and later is None:
        return None
    changed = edit_catalogue(beside[0], *services)
    before = files([_home(listed, managers, [_MARA, sam])], catalogue(*services))
    people = [_MARA] if later is None else [_MARA, _relisted(later, changed)]
    after = files([_home(changed.listed(listed), managers, people)], changed.services)
    live = _PERSON_EDITS[in_live](applied_portal(before, {"acme/sam": status}))
    if live is None:
        return None
    rename = (edit, in_live, beside, protected) == ("rename", "nothing", BESIDE[0], False)
    return _case(before, after, live, in_live, beside[1], rename=rename)


_FEWER_BESIDE: Final[tuple[Value, ...]] = (("std",), ("cert", "std"))


def _home(listed: Value, managers: tuple[str, ...], people: list[DesiredContact]) -> DesiredCustomer:
    return customer("acme", people, services=listed, project_managers=managers)


def _relisted(one: DesiredContact, edit: CatalogueEdit) -> DesiredContact:
    if "services" not in one.fields:
        return one
    return replace(one, fields={**one.fields, "services": edit.listed(one.fields["services"])})


def arrival(  # noqa: PLR0917  one value of each dimension
    how: str, status: Status, role: str, wanted: str, own: Value, listed: Value, services: tuple[bool, bool],
    managers: tuple[str, ...], hold: str,
) -> Case | None:  # fmt: skip
    """One person whom the files name for the first time, or again."""
    if how != "adopted" and (status is not Status.ACTIVE or role != wanted):
        return None
    before = files([_home(listed, managers, [_MARA])], catalogue(*services))
    sam = contact("sam", "acme", wanted, services=own)
    live = applied_portal(before)
    if how != "created":
        row = _returning(sam) if how == "restored" else _unmanaged(sam, status, role)
        live = replace(live, contacts={**live.contacts, row.id: row})
    later = replace(before.customers["acme"], contacts={"mara": _MARA, "sam": sam})
    return _case(before, replace(before, customers={"acme": later}), live, f"sam is {how}", hold)


def _returning(one: DesiredContact) -> LiveContact:
    gone = removed("reconciler", Actor.RECONCILER)
    return in_portal(one, status=Status.REMOVED, removal=gone, applied=Applied(False, dict(one.fields)))


def _unmanaged(one: DesiredContact, status: Status, role: str) -> LiveContact:
    return in_portal(one, status=status, owner=None, external_key=None, applied=None, role=role, services="all")


def crowd(home: str, edit: CatalogueEdit) -> list[DesiredContact]:
    """Everybody who differs in rights: requesters of every list, a manager, and who may not order."""
    requesters = [
        contact(f"r-{number}", home, services=edit.listed(value)) for number, value in enumerate(LISTS)
    ]
    others = [contact("mara", home, "manager"), contact("ola", home, "observer"), contact("ivo", home)]
    return [*requesters, *others]


def _pair(home: str, listed: Value, edit: CatalogueEdit, **fields: Any) -> DesiredCustomer:
    said = {"services": edit.listed(listed), "project_managers": LEE, **fields}
    return customer(home, crowd(home, edit), **said)


def catalogues(  # noqa: PLR0917  one value of each dimension
    services: tuple[bool, bool], listed: Value, then: Value, other: str, edit: str, in_live: str, hold: Any
) -> Case | None:
    """Two customers whose lists change together with the catalogue."""
    keep, changed = edit_catalogue("keep", *services), edit_catalogue(edit, *services)
    beta = {"same": (listed, then), "all": ("all", "all"), "none": ((), ())}[other]
    before = files([_pair("acme", listed, keep), _pair("beta", beta[0], keep)], keep.services)
    after = files([_pair("acme", then, changed), _pair("beta", beta[1], changed)], changed.services)
    live = _CATALOGUE_EDITS[in_live](_with_invited(before))
    pure = edit == "rename cert" and listed == then and in_live == "nothing" and hold == "none"
    return None if live is None else _case(before, after, live, in_live, hold, rename=pure)


def _with_invited(before: DesiredState) -> LiveState:
    return applied_portal(before, {"acme/ivo": Status.INVITED, "beta/ivo": Status.LINK_EXPIRED})


FOLDER_EDITS: Final = ("gone", "renamed", "released", "protected", "no project manager", "other name")


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
    live = _CATALOGUE_EDITS[in_live](_with_invited(before))
    pure = what == "renamed" and edit in {"keep", "rename cert"} and in_live == "nothing" and hold == "none"
    return None if live is None else _case(before, after, live, in_live, hold, rename=pure)


def _renamed(folder: DesiredCustomer) -> DesiredCustomer:
    people = {
        key: replace(contact(key, "acme-group"), fields=one.fields) for key, one in folder.contacts.items()
    }
    blank = customer("acme-group", previously=(folder.key,))
    return replace(blank, fields=folder.fields, contacts=people)


def move(  # noqa: PLR0917  one value of each dimension
    status: Status, role: str, here: Value, there: Value, services: tuple[bool, bool], what: str, protected: bool,
    hold: str,
) -> Case | None:  # fmt: skip
    """A person who moves from acme to beta, or whose address passes to somebody there."""
    sam = contact("sam", "acme", role, protected=protected)
    bea = contact("bea", "beta", "manager")
    folks = {"before": ([_MARA, sam], [bea]), "moved": ([_MARA], [bea, _moved(sam, role)])}
    folks["moved to observer"] = ([_MARA], [bea, _moved(sam, "observer")])
    other = replace(sam, fields={**sam.fields, "email": "new@acme.example"})
    folks["address passed on"] = ([_MARA, other], [bea, contact("tom", "beta", email=sam.email)])
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
    return _case(before, after, applied_portal(before, {"acme/sam": status}), "nothing", hold)


def _moved(sam: DesiredContact, role: str) -> DesiredContact:
    fields = {name: value for name, value in sam.fields.items() if name != "protected"}
    return replace(contact("sam", "beta"), fields={**fields, "role": role})


KINDS: Final = {
    "requester": ("requester", Status.ACTIVE, False),
    "manager": ("manager", Status.ACTIVE, False),
    "invited": ("requester", Status.INVITED, False),
    "protected": ("requester", Status.ACTIVE, True),
}
COUPLE_EDITS: Final = ("keep", "remove one", "remove two", "remove all", "demote one", "list nothing", "archive")
Half: TypeAlias = tuple[tuple[str, ...], str]
_HALVES: Final[list[Half]] = [
    (kinds, edit)
    for number in (1, 2, 3)
    for kinds in combinations_with_replacement(KINDS, number)
    for edit in COUPLE_EDITS
    if not (edit == "remove two" and number < 2)
]
_COUPLES: Final = list(combinations_with_replacement(_HALVES, 2))


def couple(halves: tuple[Half, Half], closing: bool, hold: str) -> Case | None:
    """Two small customers with an edit each."""
    before, after, statuses = [], [], {}
    for home, (kinds, edit) in zip(("acme", "beta"), halves, strict=True):
        people = [
            contact(f"p-{number}", home, KINDS[kind][0], protected=KINDS[kind][2])
            for number, kind in enumerate(kinds)
        ]
        statuses |= {f"{home}/{one.key}": KINDS[kind][1] for one, kind in zip(people, kinds, strict=True)}
        folder = customer(home, people, services=("cert",), project_managers=LEE, manager_optional=True)
        before.append(folder)
        after += [] if edit == "archive" else [_edited_half(folder, edit)]
    tree = files(before, catalogue(False, True))
    later = files(after, catalogue(False, not closing))
    return _case(tree, later, applied_portal(tree, statuses), "nothing", hold) if after else None


def _edited_half(folder: DesiredCustomer, edit: str) -> DesiredCustomer:
    people = list(folder.contacts.values())
    match edit:
        case "remove one" | "remove two" | "remove all":
            left = people[{"remove one": 1, "remove two": 2, "remove all": len(people)}[edit] :]
        case "demote one":
            left = [replace(people[0], fields={**people[0].fields, "role": "observer"}), *people[1:]]
        case _:
            left = people
    fields = {**folder.fields, **({"services": ()} if edit == "list nothing" else {})}
    return replace(folder, fields=fields, contacts={one.key: one for one in left})


def _case(
    before: DesiredState, after: DesiredState, live: LiveState, in_live: str, hold: Any, *, rename: bool = False
) -> Case | None:
    found = held(hold, after, live)
    if found is None:
        return None
    return Case(before, found.after, found.live, (in_live, *found.reason), found.terms, rename)


_HOLDS: Final = ("none", "older commit", "conflict")
_MANAGERS: Final = (LEE, ())
FAMILIES: Final = (
    Family("persons", (
        STATUSES, ROLES, LISTS, (False, True), LISTS, _MANAGERS, CATALOGUES, (*CONTACT_EDITS, None),
        tuple(_PERSON_EDITS), BESIDE,
    ), person),
    Family("arrivals", (
        ("created", "restored", "adopted"), STATUSES, ROLES, ROLES, LISTS, LISTS, CATALOGUES, _MANAGERS, _HOLDS,
    ), arrival),
    Family("catalogues", (
        CATALOGUES, LISTS, LISTS, ("same", "all", "none"), CATALOGUE_EDITS, tuple(_CATALOGUE_EDITS), HOLDS_AND_TERMS,
    ), catalogues),
    Family("folders", (
        FOLDER_EDITS, CATALOGUES, LISTS, CATALOGUE_EDITS, tuple(_CATALOGUE_EDITS), HOLDS_AND_TERMS,
    ), folders),
    Family("moves", (
        STATUSES, ROLES, LISTS, LISTS, CATALOGUES, ("moved", "moved to observer", "address passed on"), (False, True),
        ("none", "older commit"),
    ), move),
    Family("couples", (_COUPLES, (False, True), ("none", "older commit")), couple),
)  # fmt: skip


def sizes() -> dict[str, int]:
    """How many combinations each family has."""
    return {family.name: family.size for family in FAMILIES}
