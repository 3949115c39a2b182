"""Every state and every single edit of small portals, as families of cases.

A person's rights depend on their own row, their customer's row and the catalogue, and on no other
person (see `oracle`). So the full product over two customers, three contacts and four services
falls apart into families, each the full product of what meets in it:

* `persons`: one person at one customer, a manager beside them. In full: status (3) × role (3) × own
  list (every list of two services, 5) × customer's list (5) × catalogue (3, names exchanged once) ×
  every single edit of the file (17, and that it goes) × every single edit in the portal (22) × an
  edit of the catalogue and what holds a group back (4). Reduced: a customer without project manager
  only where both lists are `all`, because `ordering` depends on no list; protected people only
  where nothing is edited beside them; three of the customer's five lists where something is.
* `arrivals`: who is created, restored or adopted. In full: how (3) × status (3) × role in the
  portal and in the file (3 × 3) × own list (5) × customer's list (5) × catalogue (3) × project
  manager (2) × hold (3).
* `catalogues`: two customers and up to four services. In full: catalogue (3) × the first customer's
  list before and after (5 × 5) × the second customer (the same edit, or keeps `all`, or keeps none)
  × edit of the catalogue (13) × edit in the portal (12) × what holds a group back or is left out of
  the run (8). Instead of three contacts, everybody who differs in rights stands in one crowd: the
  people do not influence each other. Reduced: observers and people not yet active have no list of
  their own here.
* `folders`: a customer's folder goes, is renamed, released, protected or changes project managers ×
  all that of `catalogues`, with the list before and after the same.
* `moves`: a person moves to another customer, or their address passes to somebody there. In full.
* `couples`: where people and customers do influence each other: limits, holding back, protection.
  Every pair of customers of one to three people out of four kinds, and one of seven edits each, up
  to the order of people and of customers; with a service closed in the same commit or not.

What a combination would repeat, or what cannot be, is left out when its case is built. Left are
about 650,000 cases of `persons`, 15,000 of `arrivals`, 185,000 of `catalogues`, 72,000 of
`folders`, 8,100 of `moves` and 108,000 of `couples`: a million in all, most of them with several
people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import prod
from typing import Any, Final, TypeAlias

from tests.rights.cases import Case
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
)
from tests.rights.homes import COUPLES, FOLDER_EDITS, HOME_EDITS, catalogues, couple, folders
from tests.rights.people import PERSON_EDITS, arrival, move, person

Build: TypeAlias = Callable[..., Case | None]


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


_HOLDS: Final = ("none", "older commit", "conflict")
_MANAGERS: Final = (LEE, ())
FAMILIES: Final = (
    Family(
        "persons",
        (
            STATUSES,
            ROLES,
            LISTS,
            (False, True),
            LISTS,
            _MANAGERS,
            CATALOGUES,
            (*CONTACT_EDITS, None),
            tuple(PERSON_EDITS),
            BESIDE,
        ),
        person,
    ),
    Family(
        "arrivals",
        (
            ("created", "restored", "adopted"),
            STATUSES,
            ROLES,
            ROLES,
            LISTS,
            LISTS,
            CATALOGUES,
            _MANAGERS,
            _HOLDS,
        ),
        arrival,
    ),
    Family(
        "catalogues",
        (
            CATALOGUES,
            LISTS,
            LISTS,
            ("same", "all", "none"),
            CATALOGUE_EDITS,
            tuple(HOME_EDITS),
            HOLDS_AND_TERMS,
        ),
        catalogues,
    ),
    Family(
        "folders",
        (
            FOLDER_EDITS,
            CATALOGUES,
            LISTS,
            CATALOGUE_EDITS,
            tuple(HOME_EDITS),
            HOLDS_AND_TERMS,
        ),
        folders,
    ),
    Family(
        "moves",
        (
            STATUSES,
            ROLES,
            LISTS,
            LISTS,
            CATALOGUES,
            ("moved", "moved to observer", "address passed on"),
            (False, True),
            ("none", "older commit"),
        ),
        move,
    ),
    Family("couples", (COUPLES, (False, True), ("none", "older commit")), couple),
)
