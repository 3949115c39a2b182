"""A whole tree: any bytes end in a verdict, order does not matter, everything is said at once."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.documents.pipeline import DocumentsResult, read_documents
from reconciler.documents.validation import MAX_PROBLEMS
from reconciler.model.changes import ObjectKind
from reconciler.model.desired import Leaving, Place, RegistrationRef
from reconciler.model.fields import fields_of, find
from reconciler.model.files import SourceFile, Tree
from reconciler.model.problems import Severity
from reconciler.model.rules import RuleId
from reconciler.shipped import demo_book
from tests.documents import cases
from tests.examples import examples

CONTACT = "customers/acme/contacts/nina-roth.yaml"
PATHS = ["portal.yaml", "customers/acme/customer.yaml", CONTACT, "customers/acme/removed/john-roe.yaml"]
MEGABYTE = 1024 * 1024

_PIECES = [
    b"name", b"email", b"role", b"services", b"heir", b"leaves", b"previously", b"registration", b"policy", b"on",
    b": ", b":", b"- ", b"\n", b"\n  ", b"\r\n", b"\t", b"[", b"]", b"{", b"}", b",", b'"', b"'", b"#", b" #", b"|",
    b">-", b"&a ", b"*a", b"!!str ", b"!", b"%YAML 1.2", b"---", b"...", b"? ", b"<<", b"~", b"null", b"true", b"no",
    b"manager", b"all", b"none", b"a@b.example", b"2027-03-31", b"0123", b"-7", b"9" * 30, b"\\x00", b'"\\u202e"',
    b"\xef\xbb\xbf", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", "é".encode(), "\u2028".encode(), b"\x00", b"\x1b[2J",
    b"<<<<<<< ", b"password: hunter22", b"acme", b"nina-roth",
]  # fmt: skip
BYTES = st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(_PIECES), max_size=40).map(b"".join))


def reading_of(content: bytes, path: str = CONTACT) -> DocumentsResult:
    """The base with one file added or replaced."""
    files = {file.path: file for file in cases.base()} | {path: SourceFile(path, content)}
    return read_documents(Tree(tuple(files.values())))


@settings(max_examples=examples(1500), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BYTES, st.sampled_from(PATHS))
def test_any_bytes_end_in_a_verdict(content: bytes, path: str) -> None:
    reading = reading_of(content, path)
    errors = [problem for problem in reading.problems if problem.severity is Severity.ERROR]
    assert (reading.desired is None) == bool(errors)
    for problem in reading.problems:
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.length >= 1
        assert problem.message


@settings(max_examples=examples(600), deadline=None)
@given(st.data())
def test_a_file_with_a_few_bytes_changed_ends_in_a_verdict(data: st.DataObject) -> None:
    full = cases.tree("accepted/everything-a-file-may-say").files
    path = data.draw(st.sampled_from([file.path for file in full]))
    content = bytearray(next(file.content or b"" for file in full if file.path == path))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.sampled_from(_PIECES))
    changed = [SourceFile(path, bytes(content)), *(file for file in full if file.path != path)]
    reading = read_documents(Tree(tuple(changed)))
    assert reading.desired is not None or reading.problems


@settings(max_examples=examples(300), deadline=None)
@given(st.text(max_size=30), BYTES)
def test_any_path_ends_in_a_verdict(name: str, content: bytes) -> None:
    for path in (f"customers/{name}", f"customers/acme/contacts/{name}.yaml", f"customers/{name}/customer.yaml", name):
        reading = reading_of(content, path)
        assert reading.desired is not None or reading.problems


@pytest.mark.parametrize("unit", [
    b"[", b"{", b"{a: ", b"- ", b"? ", b"!a ", b"&a ", b"a,", b"[],", b"# x\n", b"a\n", b"- x\n", b"'' ", b"\n", b"\t",
    b"--- x\n", b": ", b"a: b: ", b'"', b"|\n", b"%", b"eyJ-", b"a://b:c", b"token: ", b"-----BEGIN ", "é".encode(),
])  # fmt: skip
def test_a_megabyte_of_one_thing_is_one_finding(unit: bytes) -> None:
    reading = reading_of((unit * (MEGABYTE // len(unit)))[:MEGABYTE])
    assert reading.desired is None
    assert len({problem.rule for problem in reading.problems if problem.path == CONTACT}) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"".join(b"k%d: 1\n" % number for number in range(9_000)),
        b"name: x\nproject_managers: [" + b"x, " * 19_000 + b"x]\n",
        b"name: x\nservices: [" + b"A, " * 19_000 + b"x]\n",
        b"name: x\nleaves: [" + b"{}, " * 19_000 + b"x]\n",
    ],
    ids=["unknown keys", "addresses", "services", "mappings"],
)
def test_a_file_full_of_slips_shows_the_first_hundred(content: bytes) -> None:
    path = "customers/acme/customer.yaml"
    found = [problem for problem in reading_of(content, path).problems if problem.path == path]
    assert 0 < len(found) <= MAX_PROBLEMS + 1


@settings(max_examples=examples(40), deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_files_changes_nothing(chance: random.Random) -> None:
    for case in (
        "role/all-problems-of-all-files-at-once",
        "address-twice/only-case-differs",
        "previously/two-of-one-name",
    ):
        tree = cases.tree(case)
        files = list(tree.files)
        chance.shuffle(files)
        shuffled, straight = read_documents(Tree(tuple(files))), read_documents(tree)
        assert shuffled == straight
    book = _shipped_book()
    shuffled_book = list(book.files)
    chance.shuffle(shuffled_book)
    shuffled, straight = read_documents(Tree(tuple(shuffled_book))), read_documents(book)
    assert repr(shuffled) == repr(straight)


def _shipped_book() -> Tree:
    root = demo_book()
    paths = [Path("portal.yaml"), *(path.relative_to(root) for path in sorted(root.glob("customers/*/**/*.yaml")))]
    return Tree(tuple(SourceFile(path.as_posix(), (root / path).read_bytes()) for path in paths))


def test_the_shipped_book_is_in_order() -> None:
    assert [problem for problem in read_documents(_shipped_book()).problems if problem.severity is Severity.ERROR] == []


def test_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    text = b"name: Nina Roth\nemail: nina@acme.example\nrole: observer\n"
    plain = reading_of(text)
    assert reading_of(text.replace(b"\n", b"\r\n")) == plain
    assert reading_of(b"\xef\xbb\xbf" + text) == plain
    assert reading_of(text.removesuffix(b"\n")).desired == plain.desired


def test_a_name_in_nfd_is_the_name_in_nfc() -> None:
    composed, apart = (
        reading_of(f"name: {name}\nemail: zoe@acme.example\nrole: observer\n".encode())
        for name in ("Zo\u00eb Lefe\u0300vre", "Zoe\u0308 Lef\u0065\u0300vre")
    )
    assert composed.desired == apart.desired


def test_norwegian_arrives_as_text() -> None:
    reading = cases.read("accepted/norwegian-is-a-language")
    assert reading.desired is not None
    assert reading.desired.settings.fields["languages.target"] == ("no",)
    assert reading.desired.customers["acme"].contacts["nina-roth"].fields["language"] == "no"


def test_a_misspelt_role_gets_a_suggestion() -> None:
    (problem,) = cases.read("role/a-misspelt-one").problems
    assert (problem.message, problem.hint) == (
        "'mangaer' is not a role",
        "did you mean 'manager'? roles are requester, observer, manager",
    )


def test_one_run_tells_all_problems_of_all_files() -> None:
    found = {problem.path for problem in cases.read("role/all-problems-of-all-files-at-once").problems}
    assert found == {
        "portal.yaml",
        "customers/acme/customer.yaml",
        "customers/acme/contacts/jane-doe.yaml",
        "customers/acme/contacts/tom-lang.yaml",
        "customers/bolt/contacts/kim-park.yaml",
    }


def test_a_key_that_stands_twice_names_both_lines() -> None:
    (problem,) = cases.read("yaml-key-twice/names-both-lines").problems
    assert (problem.line, problem.message) == (4, "'role' is repeated; it is already on line 2")


def test_a_person_whose_file_cannot_be_read_is_not_missed_as_an_heir() -> None:
    files = [*cases.base(), SourceFile(CONTACT, b"name: Nina\nheir: lost\nemail: n@acme.example\nrole: observer\n")]
    lost = SourceFile("customers/acme/contacts/lost.yaml", rule=RuleId.FILE_UNREADABLE, message="it cannot be read")
    assert {problem.rule for problem in read_documents(Tree((*files, lost))).problems} == {"file-unreadable"}


def test_one_slip_hides_no_other() -> None:
    problems = cases.read("unknown-key/hides-nothing-else").problems
    found = {problem.rule for problem in problems if problem.path == CONTACT}
    assert found == {"unknown-key", "services", "heir", "language", "on", "foreign-domain"}
    assert cases.read("unknown-key/hides-nothing-else").desired is None


def test_what_an_invalid_file_does_not_say_is_no_problem_of_another() -> None:
    assert {problem.rule for problem in cases.read("per-word/hides-no-service").problems} == {"per-word"}


def test_a_finding_has_the_json_pointer_of_its_value() -> None:
    tree = cases.tree("role/all-problems-of-all-files-at-once")
    pointers = {problem.rule: problem.pointer for problem in read_documents(tree).problems}
    assert pointers == {
        "email": "/email",
        "role": "/role",
        "yaml-key-twice": "",
        "project-managers": "/project_managers/0",
        "unknown-key": "/colour",
        "heir": "/heir",
        "time-zone": "/time_zone",
    }


@pytest.mark.parametrize("case", [case for case in cases.cases() if case.startswith("secret/")])
def test_a_secret_is_never_repeated(case: str) -> None:
    said = repr(cases.read(case).problems)
    for value in ("correct-horse", "AKIA", "ghp_", "eyJ", "hunter22", "0123456789abcdef"):
        assert value not in said


def test_everything_that_files_say_arrives_in_the_desired_state() -> None:
    state = cases.read("accepted/everything-a-file-may-say").desired
    assert state is not None
    acme = state.customers["acme"]
    assert state.settings.fields == {
        "sign_up": "approval_required", "languages.source": ("de", "en", "pt-BR"), "languages.target": ("no", "zh-Hant"),
        "offers.expire_after_days": 30, "branding.primary_color": "#0b5fff", "branding.logo": None,
        "policy.language": "fr", "policy.portal_edits": "revert", "policy.unreviewed": "hold",
        "policy.removals_percent": 0, "policy.removals_at_least": 0, "policy.removals_at_most": 0,
        "policy.removals_per_customer_percent": 100, "policy.removals_small_customer": 1_000_000,
        "policy.mails_per_run": 0,
    }  # fmt: skip
    assert state.services is not None
    assert state.services["express"].fields == {
        "name": "Express", "description": None, "template": None, "available_to_all": True,
        "price.currency": None, "price.per_word": None,
    }  # fmt: skip
    assert acme.fields == {
        "name": "ACME Medical GmbH", "description": "Medical devices, DACH.", "language": "de",
        "project_managers": ("lee@provider.example",), "services": ("certified",), "email_domains": ("acme.example",),
        "heir": "jane-doe", "portal_edits": "propose", "protected": False, "manager_optional": False,
    }  # fmt: skip
    assert acme.previously == ("acme-old",)
    nina, tom, john = acme.contacts["nina-roth"], acme.contacts["tom-lang"], acme.farewells["john-roe"]
    assert nina.leaves == Leaving("2027-03-31", "left")
    assert (nina.fields["leaves.on"], nina.fields["leaves.reason"]) == ("2027-03-31", "left")
    assert {"leaves.on", "leaves.reason"} & set(tom.fields) == set()
    assert nina.registration == RegistrationRef("reg-7f3c", "sha256:" + "0f" * 32)
    assert nina.places["leaves.on"] == Place(CONTACT, 7, 10)
    assert tom.fields["language"] is None
    assert tom.fields["heir"] is None
    assert (tom.registration, tom.refuses_registration) == (None, True)
    assert (john.heir, john.reason, john.registration, john.keep) == ("jane-doe", "left", None, False)


def test_a_file_that_says_everything_manages_every_field_of_the_catalogue() -> None:
    state = cases.read("accepted/everything-a-file-may-say").desired
    assert state is not None
    assert state.services is not None
    acme = state.customers["acme"]
    managed = {
        ObjectKind.SETTINGS: state.settings.fields,
        ObjectKind.SERVICE: state.services["certified"].fields,
        ObjectKind.CUSTOMER: acme.fields,
        ObjectKind.CONTACT: acme.contacts["nina-roth"].fields,
    }
    for kind, values in managed.items():
        assert {row.name for row in fields_of(kind)} - {"rules"} <= set(values), "rules are tested with their files"
        for name, value in values.items():
            row = find(kind, name)
            assert row is not None, name
            assert row.shape.holds(value), name


def test_what_a_file_does_not_say_is_not_a_field() -> None:
    state = read_documents(Tree(cases.base())).desired
    assert state is not None
    assert set(state.customers["acme"].contacts["jane-doe"].fields) == {"name", "email", "role"}
    assert set(state.customers["acme"].fields) == {"name", "project_managers", "services"}
    assert state.settings.fields == {}
