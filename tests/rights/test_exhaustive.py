"""In every small portal, for every single edit: what is lost is shown and counted, what is gained
is shown.

`make test` takes a stride through each family, the same each time; with SOAK set, every case is
judged.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count, islice
from typing import Final

import pytest

from tests.rights.cases import Case
from tests.rights.courses import Course, courses
from tests.rights.enumeration import FAMILIES, Family
from tests.rights.laws import beyond_limits, broken_laws, differences
from tests.rights.oracle import Oracle, RightsById

SOAK: Final = "SOAK" in os.environ
PARTS: Final = 7
"""Tests per family; the number divides no dimension, so that each part meets every value."""
COMBINATIONS: Final = {
    "persons": 24_000,
    "arrivals": 4000,
    "catalogues": 1600,
    "folders": 800,
    "moves": 600,
    "couples": 900,
}
"""How many combinations of a family a stride takes."""
BATCH: Final = 500
BY_NAME: Final = {family.name: family for family in FAMILIES}
ORACLE: Final = Oracle()
"""One for all tests of a process: it remembers what it was asked."""

parts = pytest.mark.parametrize("part", range(PARTS))
families = pytest.mark.parametrize("name", BY_NAME)


def stride(family: Family) -> int:
    """Every how many combinations one is taken, so that each value of a dimension is met."""
    if SOAK:
        return 1
    step = family.size // COMBINATIONS[family.name]
    return next(number for number in count(step) if all(number % size for size in range(2, 24)))


def chosen(family: Family, part: int) -> Iterator[Case]:
    """The cases of one part."""
    step = stride(family)
    return family.cases(part * step, PARTS * step)


def judged(cases: Iterable[Case], *, within_limits: bool = False) -> Iterator[tuple[Course, list[RightsById]]]:
    """Each case's course, and the oracle's rights at each of its states; many states at a time."""
    rest = iter(cases)
    while batch := courses(islice(rest, BATCH), within_limits=within_limits):
        rights = iter(ORACLE.rights(state for one in batch for state in one.states))
        for one in batch:
            yield one, list(islice(rights, len(one.states)))


def counterexample(course: Course, sentences: list[str]) -> str:
    """The sentences and the case, as a failed test prints them."""
    groups = [(group.customers, group.held_back) for group in course.plan.groups]
    return "\n".join(["", *sentences, course.case.text(), f"# groups and what holds them back: {groups}"])


@families
@parts
def test_lost_is_shown_and_counted_and_gained_is_shown(name: str, part: int) -> None:
    losing = 0
    for course, rights in judged(chosen(BY_NAME[name], part)):
        sentences = broken_laws(course, rights)
        assert not sentences, counterexample(course, sentences)
        losing += any(one.lost for one in differences(rights[0], rights[-1]).values())
    assert losing or name == "arrivals", "no case of this part takes anything from anybody"


@pytest.mark.parametrize("name", ["couples", "moves"])
@parts
def test_without_a_permission_nothing_is_lost_beyond_the_limits(name: str, part: int) -> None:
    for course, rights in judged(chosen(BY_NAME[name], part), within_limits=True):
        sentences = [*broken_laws(course, rights), *beyond_limits(course, rights)]
        assert not sentences, counterexample(course, sentences)


@pytest.mark.parametrize("name", ["catalogues", "folders", "couples"])
@parts
def test_a_run_that_was_killed_between_two_groups_and_starts_again_keeps_the_laws(name: str, part: int) -> None:
    cases = chosen(BY_NAME[name], part) if SOAK else islice(chosen(BY_NAME[name], part), 0, None, 4)
    first = (course for course, _ in judged(cases))
    killed = (replace(course.case, live=state) for course in first for state in course.states[1:-1])
    for course, rights in judged(killed):
        sentences = broken_laws(course, rights)
        assert not sentences, counterexample(course, sentences)


@families
def test_a_stride_meets_every_value_of_every_dimension(name: str) -> None:
    family = BY_NAME[name]
    found = list(family.choices(0, stride(family)))
    for number, dimension in enumerate(family.dimensions):
        if len(dimension) < len(found) // 10:
            assert {repr(choice[number]) for choice in found} == {repr(value) for value in dimension}
