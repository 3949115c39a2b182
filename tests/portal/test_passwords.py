"""Which passwords are too easy, and how long one waits after guessing: rules without a portal."""

from __future__ import annotations

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type

from reconciler.portal.actions.passwords import hash_password, is_correct
from reconciler.portal.rules.passwords import MAX_LENGTH, weakness
from reconciler.portal.rules.throttle import (
    Window,
    network_of,
    seconds_until_next_attempt,
    seconds_until_room,
    seconds_until_room_for,
    site_of,
)

JANE = ("Jane Doe", "jane.doe@thalbach.example")


@pytest.mark.parametrize(
    "password",
    [
        "Sesam0effne", "tR7vQ2xm", "Correct-horse-9", "Übung-macht-Meister-7", "Jane-loves-carrots-7", "пАроль-длинный9",
        "Ein langer Satz mit 1 Zahl darin", "日本語だけではない Ab1", "aB1éü7" * 33, "  Räume 1 zählen  ",
    ],
)  # fmt: skip
def test_a_good_password_of_any_script_is_taken(password: str) -> None:
    assert weakness(password, JANE) is None


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("Kurz1ab", "short"), ("aB1" + "x" * MAX_LENGTH, "long"), ("nurkleine1buchstaben", "kinds"),
        ("NUR-GROSSE-1", "kinds"), ("Ohne-Ziffer-da", "kinds"), ("", "short"),
    ],
)  # fmt: skip
def test_a_password_has_a_length_and_three_kinds_of_characters(password: str, why: str) -> None:
    assert weakness(password) == why


@pytest.mark.parametrize(
    "password",
    [
        "Password1", "P@ssw0rd2024", "passWORD123!", "Pa55w0rd", "Summer2026!", "Welcome123", "Qwertz123", "Azerty2025",
        "Abcd1234", "Aa123456", "Motdepasse1", "Kennwort2026", "Aaaaaaa1", "Abcabcabc1", "1qaz2wsxA", "Iloveyou2",
        "Sommer-2026", "Willkommen1!", "Bonjour2026", "Adm1n1strator", "9876543Ab", "ﬁPassword1", "ＰａｓｓＷｏｒｄ１",
    ],
)  # fmt: skip
def test_what_is_guessed_first_is_refused_in_all_its_variations(password: str) -> None:
    assert weakness(password) == "common"


@pytest.mark.parametrize("password", ["Thalbach2026", "JaneDoe12345", "jane.Doe1", "DoeJane-2026"])
def test_ones_own_name_and_address_are_no_password(password: str) -> None:
    assert weakness(password, JANE) == "common"


def test_passwords_are_kept_as_argon2id_of_nineteen_mebibytes() -> None:
    kept = hash_password("Sesam0effne")
    found = extract_parameters(kept)
    assert (found.type, found.memory_cost, found.time_cost, found.parallelism) == (Type.ID, 19 * 1024, 2, 1)
    assert "Sesam0effne" not in kept


def test_the_same_password_from_another_keyboard_is_the_same() -> None:
    composed, decomposed = "Übung-macht-7", "U\u0308bung-macht-7"
    kept = hash_password(composed)
    assert is_correct(kept, decomposed)
    assert not is_correct(kept, "Ubung-macht-7")
    assert not is_correct(None, composed)
    assert not is_correct("not a hash", composed)


def test_five_failures_are_free_and_every_further_one_costs_twice_as_much() -> None:
    assert seconds_until_next_attempt([0] * 4) == 0
    assert [seconds_until_next_attempt([0.0] * failures) for failures in range(5, 12)] == [
        30,
        60,
        120,
        240,
        480,
        900,
        900,
    ]
    assert seconds_until_next_attempt([29.5, *[100.0] * 4]) == 1
    assert seconds_until_next_attempt([30, *[100.0] * 4]) == 0
    assert seconds_until_next_attempt([0.0] * 4 + [90_000.0]) == 0
    assert seconds_until_next_attempt([0.0] * 200) == 900


def test_a_window_has_room_again_when_its_oldest_leaves() -> None:
    window = Window(3, 60)
    assert seconds_until_room(window, [1, 2]) == 0
    assert seconds_until_room(window, [1, 20, 50]) == 10
    assert seconds_until_room(window, [1, 20, 60]) == 0
    assert seconds_until_room(window, [0, 0, 0, 0, 55]) == 60


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", True),
        ("2001:db8:1:200::1", "2001:db8:1:2ff::1", True),
        ("2001:db8:1:200::1", "2001:db8:1:300::1", False),
        ("2001:db8:1::1%eth0", "2001:db8:1::2", True),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.8", False),
        ("testclient", "testclient", True),
    ],
)
def test_a_subscriber_of_ipv6_is_one_host(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same


def test_a_site_of_ipv6_is_counted_as_well() -> None:
    assert site_of("2001:db8:1:200::1") == site_of("2001:db8:1:300::1") == "2001:db8:1::/48"
    assert site_of("2001:db8:2::1") == "2001:db8:2::/48"
    assert [site_of(host) for host in ("203.0.113.7", "::ffff:203.0.113.7", "testclient")] == [None] * 3


def test_amounts_fill_a_window_and_leave_it_with_their_age() -> None:
    window = Window(10, 60)
    assert seconds_until_room_for(4, window, [(1, 3), (20, 3)]) == 0
    assert seconds_until_room_for(5, window, [(1, 3), (20, 3)]) == 40
    assert seconds_until_room_for(8, window, [(1, 3), (20, 3)]) == 59
    assert seconds_until_room_for(11, window, []) == 0, "what never fits waits for an empty window only"
    assert seconds_until_room_for(11, window, [(50, 1)]) == 10
    assert seconds_until_room_for(0, window, [(0, 10)]) == 0
