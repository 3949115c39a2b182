"""Two addresses, two names: the vectors in schemas/equality.json carry the shared cases."""

from __future__ import annotations

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.equality import address_key, domain_key, name_key


@pytest.mark.parametrize(
    "domain",
    ["exämple.example", "straße.example", "例え.example", "مثال.example", "ἑλλάς.example", "BÜRO.Example"],
)
def test_a_domain_compares_by_its_idna_2008_a_labels(domain: str) -> None:
    labels = [idna.alabel(label.lower()).decode() for label in domain.split(".")]
    assert domain_key(domain) == ".".join(labels)


def test_case_of_the_local_part_does_not_make_another_login() -> None:
    assert address_key("Jane.DOE@Acme.Example") == "jane.doe@acme.example"


def test_dots_and_tags_make_another_login() -> None:
    assert len({address_key(a) for a in ("jd@a.example", "j.d@a.example", "jd+x@a.example")}) == 3


def test_composed_and_decomposed_letters_are_the_same_name() -> None:
    assert name_key("Jürgen  Müller ") == name_key("Ju\u0308rgen Mu\u0308ller")


@given(st.text())
def test_the_form_of_a_form_is_itself(text: str) -> None:
    once = name_key(text)
    assert name_key(once) == once


@given(st.emails())
def test_an_address_in_its_form_keeps_it(address: str) -> None:
    once = address_key(address)
    assert address_key(once) == once
