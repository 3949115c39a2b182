"""Which entries of the feed may change somebody's rights: all but those that are known not to."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.portal.rules.rights import changes_rights, concerns

Values = dict[str, Any] | None


def entry(object: str, what: str, before: Values, after: Values, home: str | None = "cus_1") -> dict[str, Any]:
    return {"object": object, "what": what, "before": before, "after": after, "home": home}


@pytest.mark.parametrize(
    ("object", "what", "before", "after"),
    [
        ("contact", "POST contacts", None, {"name": "Jane"}),
        ("contact", "sign-up", None, {"name": "Jane", "status": "invited"}),
        ("contact", "activate", {"status": "invited"}, {"status": "active"}),
        ("contact", "link_expired", {"status": "invited"}, {"status": "link_expired"}),
        ("contact", "contacts/approve", {"status": "unapproved"}, {"customer": "cus_1", "status": "invited"}),
        ("contact", "contacts/restore", {"status": "removed"}, {"status": "invited"}),
        ("contact", "contacts/offboard", {"status": "active"}, {"status": "removed", "reason": "left"}),
        ("contact", "PATCH contacts", {"role": "requester"}, {"role": "manager"}),
        ("contact", "PATCH contacts", {"services": "all"}, {"services": []}),
        ("contact", "PATCH contacts", {"protected": False}, {"protected": True}),
        ("contact", "PATCH contacts", {"email": "a@x.example", "status": None}, {"email": "b@x.example", "status": "invited"}),
        ("contact", "an act of tomorrow", {"powers": 1}, {"powers": 2}),
        ("customer", "PATCH customers", {"services": []}, {"services": "all"}),
        ("customer", "PATCH customers", {"project_managers": []}, {"project_managers": ["lee@provider.example"]}),
        ("customer", "customers/archive", {"status": "active"}, {"status": "archived", "contacts": []}),
        ("customer", "customers/restore", {"status": "archived"}, {"status": "active", "contacts": []}),
        ("settings", "seed", None, {"customers": 3}),
    ],
)  # fmt: skip
def test_what_gives_or_takes_a_right_counts(object: str, what: str, before: Values, after: Values) -> None:
    assert changes_rights(entry(object, what, before, after))


@pytest.mark.parametrize(
    ("object", "what", "before", "after"),
    [
        ("contact", "account", {"name": "Jane", "language": "de"}, {"name": "Joan", "language": "fr"}),
        ("contact", "password", {}, {"password": "changed"}),
        ("contact", "reset", {}, {"password": "changed"}),
        ("contact", "sign-up", None, {"name": "Rita"}),
        ("contact", "contacts/reject", {"status": "unapproved"}, {"status": "removed", "reason": "other"}),
        ("contact", "contacts/resend-activation", {"status": "invited"}, {"status": "invited"}),
        ("contact", "contacts/erase", {}, {"erased": True}),
        ("contact", "contacts/hand-over", {"owner": "con_1", "requests": []}, {"owner": "con_2", "requests": []}),
        ("contact", "PATCH contacts", {}, {}),
        ("contact", "rename_contact", {"external_key": "jane"}, {"external_key": "joan"}),
        ("contact", "record", {}, {}),
        ("customer", "PATCH customers", {"name": "A", "language": "de"}, {"name": "B", "language": "fr"}),
        ("customer", "customers/renew-code", {}, {"registration_code": "renewed"}),
        ("customer", "release_customer", {"external_key": "a", "owner": "o"}, {"external_key": None, "owner": None}),
        ("request", "POST requests", None, {"title": "Manual"}),
        ("settings", "PATCH settings", {"sign_up": "open"}, {"sign_up": "closed"}),
        ("staff", "activate", {"status": "invited"}, {"status": "active"}),
    ],
)  # fmt: skip
def test_what_is_known_to_give_and_take_nothing_does_not_count(
    object: str, what: str, before: Values, after: Values
) -> None:
    assert not changes_rights(entry(object, what, before, after))


def test_an_entry_concerns_its_customer_those_that_it_names_and_all_when_nobody_knows() -> None:
    moved = entry("contact", "contacts/assign", {"customer": "cus_2"}, {"customer": "cus_1"})
    assert concerns(moved, None)
    assert concerns(moved, {"cus_1"})
    assert concerns(moved, {"cus_2"})
    assert not concerns(moved, {"cus_3"})
    assert not concerns(moved, set())
    assert concerns(entry("contact", "activate", {}, {}, home=None), {"cus_3"})
