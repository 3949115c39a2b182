"""The offer for a contact: services, their workflows, and languages.

A violation is an `unprocessable` problem with its `field`. A service's project template fixes its
languages (A), but templates are on the provider's own system, so only the lists in the settings are
checked. An empty list offers every language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from reconciler.portal.rules.offers import may_order_service
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import Workflow
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

Values = Mapping[str, Any]


def orderable_services(connection: Connection, contact: str) -> list[Values]:
    """Return the services that this contact may order, sorted by name."""
    c = t.contacts.c
    contacts_and_customers = t.contacts.join(t.customers, t.customers.c.id == c.customer)
    lists = connection.execute(
        select(c.services, t.customers.c.services.label("home"))
        .select_from(contacts_and_customers)
        .where(c.id == contact)
    ).one()
    rows = connection.execute(
        select(t.services).order_by(t.services.c.name, t.services.c.id)
    ).mappings()
    return [
        service
        for service in map(dict, rows)
        if may_order_service(service, lists.services, lists.home)
    ]


def check_order(
    work: Work, owner: Row, service: Row | None, fields: Values, files: Sequence[str]
) -> None:
    """Raise a problem unless the contact may order exactly this now."""
    customer = work.get("customer", owner["customer"])
    if not customer["project_managers"]:
        raise Problem("wrong-state", "this customer has no project manager yet")
    if service is None:
        raise Problem("unprocessable", "'service' is required", field="service")
    # the same answer as for an unknown code: services of other customers stay invisible
    if not may_order_service(service.values, owner["services"], customer["services"]):
        raise Problem(
            "unprocessable", f"there is no service '{service['code']}'", field="service"
        )
    if fields["workflow"] not in service["workflows"]:
        detail = (
            f"'{service['code']}' accepts the workflows {', '.join(service['workflows'])}"
        )
        raise Problem("unprocessable", detail, field="service")
    if not files and fields["workflow"] != Workflow.PM_QUOTE_MANUAL:
        detail = "'files' is required for this workflow"
        raise Problem("unprocessable", detail, field="files")
    _check_languages(work, fields)


def _check_languages(work: Work, fields: Values) -> None:
    on_offer = work.get("settings", "settings")["languages"]
    requested = {
        "source": [fields["source_language"]],
        "target": fields["target_languages"],
    }
    for side, languages in requested.items():
        unavailable = sorted(set(languages) - set(on_offer[side])) if on_offer[side] else []
        if unavailable:
            detail = (
                f"{side} languages are {', '.join(on_offer[side])}, not '{unavailable[0]}'"
            )
            raise Problem("unprocessable", detail, field=f"{side}_language")
    if fields["source_language"] in fields["target_languages"]:
        detail = f"'{fields['source_language']}' is both source and target language"
        raise Problem("unprocessable", detail, field="target_language")
