"""What is typed finds what is meant, whatever its case, accents and letters, on every database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from reconciler.portal.pages.queries.paging import with_words
from reconciler.portal.rules.search import search_form
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from tests.portal.harness import Api


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Hanna Müller", "MÜLLER"), ("Hanna Müller", "muller hanna"), ("Kővári Borászat", "KŐVÁRI"),
        ("Éditions Moulin", "editions"), ("Søren Łukasz", "soren lukasz"), ("Straße", "STRASSE"), ("Ærø", "aero"),
        ("Ὀδυσσεύς", "οδυσσευς"), ("İstanbul", "istanbul"), ("木村 浩", "木村"), ("ﾃｽﾄ", "テスト"), ("Tóth", "to\u0301th"),
    ],
)  # fmt: skip
def test_case_and_accents_do_not_matter(name: str, typed: str) -> None:
    assert all(word in search_form(name) for word in search_form(typed).split())


@given(st.text(max_size=60))
def test_a_form_is_one_printable_line_and_its_own_form(text: str) -> None:
    form = search_form(text)
    assert search_form(form) == form
    assert form == " ".join(form.split())
    assert form.isprintable()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("müller", ["Hanna Müller"]), ("MULLER", ["Hanna Müller"]), ("h.mueller@", ["Hanna Müller"]),
        ("ödön", ["Fehér Ödön"]), ("odon feher", ["Fehér Ödön"]), ("100%", ["100% Own"]), ("_", ["Under_score"]),
        ("nobody", []), ("\0", ["100% Own", "Fehér Ödön", "Hanna Müller", "Under_score"]),
    ],
)  # fmt: skip
def test_people_are_found_by_name_and_address(store: Store, typed: str, found: list[str]) -> None:
    api = Api.of(store)
    home, _ = api.a_customer()
    for name, email in (
        ("Hanna Müller", "H.Mueller@x.example"), ("Fehér Ödön", "f@x.example"), ("100% Own", "o@x.example"),
        ("Under_score", "u@x.example"),
    ):  # fmt: skip
        api.create("/contacts", customer=home["id"], name=name, email=email, role="observer")
    with store.read() as connection:
        names = connection.execute(with_words(select(t.contacts.c.name), t.contacts, typed)).scalars()
        assert sorted(names) == found


def test_whoever_is_renamed_is_found_by_the_new_name_alone(store: Store) -> None:
    api = Api.of(store)
    _, (person,) = api.a_customer("observer")
    api.write("PATCH", f"/contacts/{person['id']}", person["version"], {"name": "Zoé Lefèvre"})
    with store.read() as connection:
        forms = connection.execute(select(t.contacts.c.sought)).scalars().all()
    assert forms == [f"zoe lefevre {person['email']}"]
