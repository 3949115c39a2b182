"""SECURITY.md names a test beside each mitigation, and each of these tests exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and "| --- |" not in line]
MITIGATIONS = [row for row in ROWS if row.count("|") == 4 and "| threat |" not in row]
NAMED = re.findall(r"`(tests/\S+?\.py)::(\w+)`", PAGE)


def test_each_mitigation_has_a_test_beside_it() -> None:
    threats = [row for row in MITIGATIONS if not row.startswith(("| version", "| `main`", "| older"))]
    assert len(threats) > 30
    assert [row for row in threats if not re.search(r"`tests/\S+::\w+`", row)] == []


def test_each_test_that_the_page_names_exists() -> None:
    missing = [
        f"{path}::{name}"
        for path, name in NAMED
        if not re.search(rf"^def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert missing == []
