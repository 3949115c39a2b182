"""`reconciler explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from reconciler.cli.output import show, style_of
from reconciler.cli.settings import Settings, with_settings
from reconciler.model.rules import Rule
from reconciler.reports.style import Style, Tone
from reconciler.reports.words import told
from reconciler.usecases.explain import every_rule, own_rule
from reconciler.usecases.explain import explain as look_up

if TYPE_CHECKING:
    from reconciler.documents.own_rules.rule_files import OwnRule

EPILOG = """\b
Examples:
  reconciler explain           all rules, a line each
  reconciler explain no-heir
  reconciler explain own/company-domain    a rule of this repository
"""
_OWN: Final = "own/"


@click.command(epilog=EPILOG)
@click.argument("rule", required=False)
@with_settings
def explain(settings: Settings, rule: str | None) -> int:
    """Explain a rule: what it asks for, why, and what to do."""
    style = style_of(settings)
    if rule is None:
        width = max(len(each.id) for each in every_rule())
        show("".join(f"{each.id:<{width}}  {each.where:<5}  {each.sentence}\n" for each in every_rule()))
    elif rule.startswith(_OWN) and rule not in {each.id for each in every_rule()}:
        show(_told_own(own_rule(settings.root, rule), style))
    else:
        show("\n".join(_told(each, style) for each in look_up(rule)))
    return 0


def _told(rule: Rule, style: Style) -> str:
    found_by = "validate" if rule.where == "files" else "plan"
    return (
        f"{style.paint(Tone.STRONG, rule.id)}  (found by reconciler {found_by})\n\n"
        f"  The rule    {rule.sentence}\n  Why         {rule.reason}\n  What to do  {rule.remedy}\n"
    )


def _told_own(rule: OwnRule, style: Style) -> str:
    hint = f"  What to do  {told(rule.hint)}\n" if rule.hint else ""
    return (
        f"{style.paint(Tone.STRONG, rule.id)}  (a rule of this repository, found by reconciler validate)\n\n"
        f"  The rule    {told(rule.title)}\n{hint}  Severity    {rule.severity}\n"
        f"  Judges      {', '.join(sorted(rule.applies_to))}\n  File        {told(rule.source.path)}\n"
    )
