"""Problems in the files, as values with a place. Collected, sorted, all shown at once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.rules import RuleId
from reconciler.model.sentences import Sentence


class Severity(StrEnum):
    """An error makes the files invalid; a warning does so only under `--strict`; a note never."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. `rule`: one of ours, or the id of a provider's own rule (`own/…`).

    `line`, `column` from 1 (1, 1 for the whole file); `length`: how many characters the caret
    underlines; `pointer`: JSON pointer of the value; `source`: the file's line, None when there is
    none to show; `hint`: an imperative sentence, or `did you mean …?`; `sentence`,
    `hint_sentence`: message and hint for the catalogs, where a plan shows the problem to reviewers.
    """

    rule: RuleId | str
    severity: Severity
    path: str
    line: int
    column: int
    message: str
    pointer: str = ""
    hint: str | None = None
    length: int = 1
    source: str | None = None
    sentence: Sentence | None = None
    hint_sentence: Sentence | None = None

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """The display order: by place, then rule, then message."""
        return (self.path, self.line, self.column, self.rule, self.message)


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of files, customers and contacts that were read."""

    files: int = 0
    customers: int = 0
    contacts: int = 0
