"""The output of `reconciler apply`: the plan before the question, and the outcome."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final

from reconciler.cli.commands.options import page
from reconciler.cli.output import complain, show_aside, style_of
from reconciler.cli.settings import Settings
from reconciler.model.errors import ResultLost
from reconciler.model.outcome import GroupStatus, Outcome
from reconciler.model.plan import Plan
from reconciler.reports.outcome import head_lines, outcome_text
from reconciler.reports.outcome_json import outcome_json
from reconciler.reports.redaction import redact_outcome, redact_plan
from reconciler.reports.text import plan_text

_STARTED: Final = (
    GroupStatus.APPLIED,
    GroupStatus.STALE,
    GroupStatus.FAILED,
    GroupStatus.UNKNOWN,
    GroupStatus.NOT_TRIED,
)


@dataclass(frozen=True, slots=True)
class Output:
    """Shows the plan and the outcome of an apply in the format that the caller chose."""

    settings: Settings
    form: str
    is_redacted: bool

    def show_plan(self, plan: Plan, *, asks: bool) -> None:
        """Show the plan that is about to be applied."""
        shown_plan = redact_plan(plan) if self.is_redacted else plan
        if self.form == "text" and not self.settings.quiet:
            page(plan_text(shown_plan, style_of(self.settings)))
        # Nobody can answer a question about a plan that they do not see; stdout holds one
        # JSON document and nothing else.
        elif self.form == "json" and asks:
            show_aside(plan_text(shown_plan, style_of(self.settings, sys.stderr)))

    def show_outcome(self, outcome: Outcome) -> None:
        """Show the outcome. When stdout cannot be written, the exit code still reports it."""
        shown_outcome = redact_outcome(outcome) if self.is_redacted else outcome
        try:
            if self.form == "json":
                page(outcome_json(shown_outcome))
            else:
                self._show_text(shown_outcome)
        except ResultLost as error:
            complain(self.settings, error)

    def _show_text(self, outcome: Outcome) -> None:
        style = style_of(self.settings)
        # a plan that led to no write is shown again: the question may have scrolled it away
        if (
            not outcome.of(*_STARTED)
            and not outcome.declined
            and outcome.final_plan is not None
        ):
            for line in head_lines(outcome) if not outcome.groups else ():
                page(f"{line}\n")
            page(plan_text(outcome.final_plan, style))
        if outcome.groups or outcome.declined:
            page(outcome_text(outcome, style))
