"""What a contact may order: services, their workflows, and the languages on offer.

What she may not is `unprocessable`, with the `field` that it is about.

A service's project template fixes its languages (A); templates live on the provider's own system, so
what can be checked here are the settings' lists. An empty list offers every language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from reconciler.portal.rules.offers import offered
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.states import Workflow
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

Values = Mapping[str, Any]


def offered_services(connection: Connection, contact: str) -> list[Values]:
    """The services that this contact may order, by name."""
    c = t.contacts.c
    joined = t.contacts.join(t.customers, t.customers.c.id == c.customer)
    mine = connection.execute(
        select(c.services, t.customers.c.services.label("home")).select_from(joined).where(c.id == contact)
    ).one()
    rows = connection.execute(select(t.services).order_by(t.services.c.name, t.services.c.id)).mappings()
    return [service for service in map(dict, rows) if offered(service, mine.services, mine.home)]


def may_order(work: Work, owner: Row, service: Row | None, fields: Values, files: Sequence[str]) -> None:
    """A problem unless the contact may order exactly this, now."""
    customer = work.one("customer", owner["customer"])
    if not customer["project_managers"]:
        raise Problem(
            "wrong-state", "nobody at the provider looks after this customer yet: a project manager is needed"
        )
    if service is None:
        raise Problem("unprocessable", "'service' is required", field="service")
    if not offered(service.values, owner["services"], customer["services"]):
        raise Problem("unprocessable", f"there is no service '{service['code']}'", field="service")
    if fields["workflow"] not in service["workflows"]:
        told = f"'{service['code']}' is ordered by {', '.join(service['workflows'])}"
        raise Problem("unprocessable", told, field="service")
    if not files and fields["workflow"] != Workflow.PM_QUOTE_MANUAL:
        told = "'files' is required: the server makes this project from the files"
        raise Problem("unprocessable", told, field="files")
    _languages(work, fields)
    if fields["deadline"] is not None and fields["deadline"] <= work.now:
        raise Problem("unprocessable", f"the deadline '{fields['deadline']}' is past", field="deadline")


def _languages(work: Work, fields: Values) -> None:
    on_offer = work.one("settings", "settings")["languages"]
    wanted = {"source": [fields["source_language"]], "target": fields["target_languages"]}
    for side, languages in wanted.items():
        missing = sorted(set(languages) - set(on_offer[side])) if on_offer[side] else []
        if missing:
            told = f"{side} languages are {', '.join(on_offer[side])}, not '{missing[0]}'"
            raise Problem("unprocessable", told, field=f"{side}_language")
    if fields["source_language"] in fields["target_languages"]:
        told = f"'{fields['source_language']}' is the source language and a target language"
        raise Problem("unprocessable", told, field="target_language")
