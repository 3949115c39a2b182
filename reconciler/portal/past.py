"""The demo's last twelve months: requests that were delivered long ago, so that statistics show a year.

What is invented here is the same on every day: only the dates move with the clock. These requests are
closed, so no plan knows them, and they have no files: a row without bytes is not allowed.
"""

from __future__ import annotations

from typing import Any, Final

from reconciler.portal.acts.offers import offered
from reconciler.portal.acts.requests import NEW
from reconciler.portal.rules.requests import cost
from reconciler.portal.rules.roles import HOLDS_WORK
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.work import Row, Work

_A_MONTH: Final = (5, 4, 6, 7, 5, 8, 6, 4, 7, 9, 8, 6)
"""Requests in each of the twelve months, oldest first."""
_TITLES: Final = (
    "Instructions for use", "Price list", "Safety data sheet", "Framework contract", "Product catalogue",
    "Annual report", "Terms of delivery", "Press release", "Training slides", "Declaration of conformity",
    "Menu and labels", "Tender documents", "Website texts", "Inspection protocol", "Letter to the authority",
    "Maintenance plan", "Exhibition guide",
)  # fmt: skip
_TARGETS: Final = (["de"], ["fr"], ["de", "fr"], ["no"], ["de"], ["hu"], ["fr", "ja"], ["de", "hu"], ["ja"])


def live_through_a_year(work: Work) -> None:
    """Requests of a year for everybody who may send them now, delivered but for a few that were not accepted."""
    c = t.contacts.c
    people = work.where("contact", c.status == "active", c.role.in_(sorted(HOLDS_WORK)))
    people.sort(key=lambda person: person["email"])
    services = sorted(work.where("service"), key=lambda service: service["code"])
    number = 0
    for month, count in enumerate(_A_MONTH):
        for place in range(count):
            days = 30 * (len(_A_MONTH) - month) + 4 - place * 3
            _closed(work, people[number * 5 % len(people)], services, number, later(work.now, days=-days, hours=place))
            number += 1
    work.audit("seed", work.one("settings", "settings"), None, {"past_requests": number})


def _closed(work: Work, owner: Row, services: list[Row], number: int, sent: str) -> None:
    home = work.one("customer", owner["customer"])
    mine = [service for service in services if offered(service.values, owner["services"], home["services"])]
    service = mine[number % len(mine)] if mine else None
    targets = _TARGETS[number % len(_TARGETS)]
    words = 180 + number * 379 % 3300
    amount, currency = cost(words, service["price"] if service else None, len(targets))
    work.written(work.new("request", {
        **NEW, **_end(number, sent), "customer": home.id, "owner": owner.id, "title": _TITLES[number % len(_TITLES)],
        "service": service["code"] if service else None, "workflow": "pm_quote_manual", "source_language": "en",
        "target_languages": targets, "deadline": None, "comment": None, "created_at": sent, "words": words,
        "cost": amount, "currency": currency,
    }))  # fmt: skip


def _end(number: int, sent: str) -> dict[str, Any]:
    if number % 13 == 7:
        return {"state": "cancelled", "reason": "expired"}
    accepted = later(sent, hours=3 + number % 40)
    return {
        "state": "delivered", "progress": 100, "accepted_at": accepted,
        "delivered_at": later(accepted, days=1 + number % 6, hours=number % 9),
    }  # fmt: skip
