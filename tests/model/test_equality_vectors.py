"""The vectors of schemas/equality.json against the reconciler and against the reference portal."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.model.equality import address_key, domain_key, name_key
from reconciler.portal.rules.equality import same_address_form, same_domain_form, same_name_form
from reconciler.shipped import schemas_folder

VECTORS: dict[str, list[dict[str, Any]]] = json.loads((schemas_folder() / "equality.json").read_text("utf-8"))
SIDES: dict[str, tuple[Callable[[str], str], Callable[[str], str]]] = {
    "addresses": (address_key, same_address_form),
    "domains": (domain_key, same_domain_form),
    "names": (name_key, same_name_form),
}
PAIRS = [(kind, pair) for kind in SIDES for pair in VECTORS[kind]]


@pytest.mark.parametrize(("kind", "pair"), PAIRS, ids=[f"{kind}: {pair['why']}" for kind, pair in PAIRS])
def test_both_sides_of_the_api_judge_a_pair_as_the_vectors_say(kind: str, pair: dict[str, Any]) -> None:
    for form in SIDES[kind]:
        assert (form(pair["a"]) == form(pair["b"])) is pair["same"]


def test_every_kind_has_pairs_that_are_the_same_and_pairs_that_are_not() -> None:
    assert {(kind, pair["same"]) for kind, pair in PAIRS} == {(kind, same) for kind in SIDES for same in (True, False)}


def test_no_pair_stands_twice() -> None:
    seen = [(kind, pair["a"], pair["b"]) for kind, pair in PAIRS]
    assert len(seen) == len(set(seen))
