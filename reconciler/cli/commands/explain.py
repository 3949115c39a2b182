"""`reconciler explain`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from reconciler.cli.commands.completions import complete_rule
from reconciler.cli.output import show, style_of
from reconciler.cli.settings import Settings, with_settings
from reconciler.model.rules import FILE_RULES, PLAN_RULES, RULES, Rule, RuleId, Where
from reconciler.reports.formatting import escape
from reconciler.reports.style import Style, Tone
from reconciler.usecases.explain import explain as look_up
from reconciler.usecases.explain import own_rule

if TYPE_CHECKING:
    from reconciler.documents.own_rules.rule_files import OwnRule

EPILOG = """\b
Examples:
  reconciler explain           all rules, a line each
  reconciler explain no-heir
  reconciler explain own/company-domain    a rule of this repository
"""
_GROUPS = (
    ("files", "reported by reconciler validate", FILE_RULES),
    ("plan", "reported by reconciler plan", PLAN_RULES),
)
_REPORTED_BY = {Where.FILES: "validate", Where.PLAN: "plan"}
_LABEL = len("  What to do  ")
_WIDTH = 100
_OWN: Final = "own/"


@click.command(epilog=EPILOG)
@click.argument("rule", required=False, shell_complete=complete_rule)
@with_settings
def explain(settings: Settings, rule: str | None) -> int:
    """Explain a rule: its condition, its reason, and what to do."""
    style = style_of(settings)
    if rule is not None and rule.startswith(_OWN) and rule not in set(RuleId):
        show(_own_explained(own_rule(settings.repository(), rule), style))
        return 0
    show(
        "\n".join(_rule_list(style) if rule is None else _explained(look_up(rule), style))
        + "\n"
    )
    return 0


def _rule_list(style: Style) -> Iterator[str]:
    width = max(len(rule.id) for rule in RULES)
    for name, found_by, rules in _GROUPS:
        yield f"{style.paint(Tone.STRONG, name)}: {found_by}"
        for rule in rules:
            yield f"  {rule.id:<{width}}  {rule.sentence}"


def _explained(rule: Rule, style: Style) -> Iterator[str]:
    commands = " and ".join(_REPORTED_BY[where] for where in rule.where)
    yield f"{style.paint(Tone.STRONG, rule.id)}  (reported by reconciler {commands})"
    yield ""
    yield _paragraph("The rule", rule.sentence)
    yield _paragraph("Why", rule.reason)
    yield _paragraph("What to do", rule.remedy)


def _paragraph(label: str, text: str) -> str:
    lead = f"  {label}".ljust(_LABEL)
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * _LABEL,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _own_explained(rule: OwnRule, style: Style) -> str:
    hint = f"  What to do  {escape(rule.hint)}\n" if rule.hint else ""
    return (
        f"{style.paint(Tone.STRONG, rule.id)}  (a rule of this repository, reported by "
        f"reconciler validate)\n\n"
        f"  The rule    {escape(rule.title)}\n{hint}  Severity    {rule.severity}\n"
        f"  Applies to  {', '.join(sorted(rule.applies_to))}\n  File        "
        f"{escape(rule.source.path)}\n"
    )
