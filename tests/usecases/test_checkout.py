"""The files that a use case begins with: documents and the provider's own rules together."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.adapters.repository import Repository
from reconciler.documents.tree_rules import rule_patterns
from reconciler.model.errors import Refused
from reconciler.model.files import SourceFile, Tree
from reconciler.model.rules import RuleId
from reconciler.usecases.checkout import check_out, read_files
from tests.adapters.repositories import BOOK, PORTAL, Checkout, write

RULES = {
    "portal.yaml": f"{PORTAL}rules: [policy/*.schema.json]\n",
    "policy/contact.schema.json": "{}\n",
}


def test_own_rules_come_with_the_files_and_may_be_dirty(tmp_path: Path) -> None:
    Checkout.made(tmp_path, BOOK | RULES)
    tree = read_files(Repository(tmp_path))
    assert tree.own_rules == (SourceFile("policy/contact.schema.json", b"{}\n"),)
    assert tree.dirty == ()
    write(tmp_path, {"policy/contact.schema.json": "[]", "policy/new.schema.json": "{}"})
    tree = read_files(Repository(tmp_path))
    assert tree.dirty == ("policy/contact.schema.json", "policy/new.schema.json")


@pytest.mark.parametrize("text", ["", "rules: 1", "rules: [1]", "rules: {a: b}", "[", "- x", "\t"])
def test_a_portal_yaml_without_a_list_of_texts_has_no_patterns(text: str) -> None:
    assert rule_patterns(Tree((SourceFile("portal.yaml", text.encode()),))) == ()


def test_a_portal_yaml_that_is_missing_or_refused_has_no_patterns() -> None:
    assert rule_patterns(Tree(())) == ()
    assert rule_patterns(Tree((SourceFile("portal.yaml", rule=RuleId.FILE_KIND),))) == ()


def test_an_empty_tree_never_means_remove_everyone(tmp_path: Path) -> None:
    write(tmp_path, {"portal.yaml": PORTAL})
    with pytest.raises(Refused, match="no customers/ folder found; refusing"):
        check_out(Repository(tmp_path))
    (tmp_path / "customers").mkdir()
    with pytest.raises(Refused, match=r"no customer found in customers/; refusing"):
        check_out(Repository(tmp_path))
