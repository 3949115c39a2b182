"""New customers that cannot order, although no line of their files says so.

The documents warn of what the files set. What they leave to the portal is empty for a new customer:
it begins without project managers and services.
"""

from __future__ import annotations

from reconciler.model.rules import RuleId
from reconciler.model.sentences import AND, Listing, Sentence, sentence
from reconciler.planning.customer_context import CustomerContext
from reconciler.planning.matching import MatchKind
from reconciler.planning.plan_items import PlanItems, at_place, warn


def warn_of_ordering_gaps(context: CustomerContext) -> PlanItems:
    """Warn of a new customer whose file names no project managers or no services."""
    desired = context.customer.desired
    is_new = context.customer.kind is MatchKind.CREATED
    if desired is None or context.is_released or not is_new:
        return
    gaps: list[Sentence] = []
    if "project_managers" not in desired.fields:
        gaps.append(sentence("warning", "no project manager"))
    if "services" not in desired.fields and not _offers_to_all(context):
        gaps.append(sentence("warning", "no service"))
    if gaps:
        message = sentence(
            "warning",
            "{customer} has {gaps}",
            customer=context.key,
            gaps=Listing(tuple(gaps), AND),
        )
        hint = sentence(
            "hint",
            "add lines such as {lines}",
            lines="project_managers: [lee@provider.example], services: [certified]",
        )
        warning = warn(RuleId.CANNOT_ORDER, context.key, None, message, hint)
        yield at_place(warning, desired.place)


def _offers_to_all(context: CustomerContext) -> bool:
    """Return whether some service is open to every customer after the plan."""
    services = context.desired.services
    rows = context.index.services
    live = (
        row.fields.get("available_to_all")
        for key, row in rows.items()
        # The files decide about the services that they manage.
        if services is None or (key not in services and not context.index.manages(row))
    )
    demanded = (
        service.fields.get("available_to_all") for service in (services or {}).values()
    )
    return any(live) or any(demanded)
