"""Problems: findings in the files, as values with a place. Collected, sorted, all shown at once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.rules import RuleId


class Severity(StrEnum):
    """An error makes the files invalid; a warning does so only under `--strict`."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `rule`: one of ours, or the id of a provider's own rule (`own/…`).

    `line`, `column` from 1 (1, 1 when the whole file is meant); `length`: how many characters the
    caret underlines; `pointer`: JSON pointer of the value; `source`: the line as it stands in the
    file, None when there is none to show; `hint`: an imperative sentence, or `did you mean …?`.
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

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """By place, then rule, then message: the order in which problems are shown."""
        return (self.path, self.line, self.column, self.rule, self.message)


@dataclass(frozen=True, slots=True)
class Counts:
    """How much was read: the numbers under a validation."""

    files: int = 0
    customers: int = 0
    contacts: int = 0
