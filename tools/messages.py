"""The sentences that catalogs translate: those of the portal, and those of reports.

`make messages` runs this module. The portal lists its sentences in `i18n/source`; the sentences of
reports are where plans are made and shown, as literals in calls of `sentence`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from reconciler.portal.i18n.catalogs import LOCALES
from reconciler.portal.i18n.source import AREAS, SOURCE
from reconciler.portal.i18n.text import Plural
from reconciler.shipped import catalogs_folder
from tools.catalogs import Entry, Sentences, renew

ROOT: Final = Path(__file__).parents[1]
# The packages whose sentences reviewers read.
_SOURCES: Final = ("model", "documents", "planning", "reports")
# The functions that make a sentence, with the number of their literals: context and texts.
_MAKERS: Final = {"sentence": 2, "plural_sentence": 3}


class NoLiteral(Exception):
    """A sentence is made from something else than literals, so no catalog can hold it."""


def portal_sentences() -> Sentences:
    """Return the sentences of the portal's pages and mails, area by area."""
    entries = []
    for area in AREAS:
        files = (f"source/{area.__name__.rpartition('.')[2]}.py",)
        for key in area.TEXTS:
            text = SOURCE[key]
            id = (text.singular, text.plural) if isinstance(text, Plural) else text
            entries.append(Entry(key, id, files, is_key=True))
    title = "Sentences of the portal's pages and mails"
    return Sentences(LOCALES, title, "reconciler/portal/i18n/README.md", tuple(entries))


def report_sentences() -> Sentences:
    """Return the sentences of plans and reports, by context and text."""
    package = ROOT / "reconciler"
    paths = [path for name in _SOURCES for path in (package / name).rglob("*.py")]
    files_by_entry: dict[tuple[str, str | tuple[str, str]], set[str]] = {}
    for path in sorted(paths):
        file = path.relative_to(package).as_posix()
        for key in literals(ast.parse(path.read_text(encoding="utf-8")), file):
            files_by_entry.setdefault(key, set()).add(file)
    entries = (
        Entry(context, id, tuple(sorted(files)))
        for (context, id), files in sorted(files_by_entry.items(), key=_order)
    )
    title = "Sentences of plans for reviewers"
    readme = "reconciler/reports/README.md"
    return Sentences(catalogs_folder(), title, readme, tuple(entries))


def _order(item: tuple[tuple[str, str | tuple[str, str]], object]) -> tuple[str, str]:
    (context, id), _ = item
    return context, id if isinstance(id, str) else id[0]


def literals(tree: ast.Module, file: str) -> Iterator[tuple[str, str | tuple[str, str]]]:
    """Yield the context and the text, or both forms, of every sentence that the module makes."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        number = _MAKERS.get(node.func.id)
        if number is None:
            continue
        context, *texts = _constants(node.args[:number], f"{file}:{node.lineno}")
        yield context, (texts[0], texts[1]) if len(texts) > 1 else texts[0]


def _constants(nodes: Iterable[ast.expr], place: str) -> Iterator[str]:
    for node in nodes:
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            raise NoLiteral(
                f"{place}: the context and the texts of a sentence are literals"
            )
        yield node.value


def main() -> None:
    """Renew the catalogs of both."""
    for sentences in (portal_sentences(), report_sentences()):
        renew(sentences)


if __name__ == "__main__":
    main()
