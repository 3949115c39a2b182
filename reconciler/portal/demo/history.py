"""The demo's last twelve months: requests that were delivered long ago, so that statistics show a year.

What is invented here is the same on every day: only the dates move with the clock. These requests are
closed, so no plan knows them, and they have no files: a row without bytes is not allowed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from reconciler.portal.actions.requests import NEW_REQUEST
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.offers import may_order_service
from reconciler.portal.rules.principals import SYSTEM, Actor, Principal
from reconciler.portal.rules.requests import cost
from reconciler.portal.rules.roles import HOLDS_WORK, Role
from reconciler.portal.rules.states import ContactStatus, RequestState, Workflow
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.unit_of_work import Row, Work

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
    people = work.where("contact", c.status == ContactStatus.ACTIVE, c.role.in_(sorted(HOLDS_WORK)))
    people.sort(key=lambda person: person["email"])
    services = sorted(work.where("service"), key=lambda service: service["code"])
    number = 0
    for month, count in enumerate(_A_MONTH):
        for place in range(count):
            days = 30 * (len(_A_MONTH) - month) + 4 - place * 3
            _closed(work, people[number * 5 % len(people)], services, number, later(work.now, days=-days, hours=place))
            number += 1
    work.audit(Verb.SEED, work.get("settings", "settings"), None, {"past_requests": number})


def _closed(work: Work, owner: Row, services: list[Row], number: int, sent: str) -> None:
    home = work.get("customer", owner["customer"])
    mine = [service for service in services if may_order_service(service.values, owner["services"], home["services"])]
    service = mine[number % len(mine)] if mine else None
    targets = _TARGETS[number % len(_TARGETS)]
    words = 180 + number * 379 % 3300
    amount, currency = cost(words, service["price"] if service else None, len(targets))
    request = work.new("request", {
        **NEW_REQUEST, **_end(number, sent), "customer": home.id, "owner": owner.id, "title": _TITLES[number % len(_TITLES)],
        "service": service["code"] if service else None, "workflow": Workflow.PM_QUOTE_MANUAL, "source_language": "en",
        "target_languages": targets, "deadline": None, "comment": None, "created_at": sent, "words": words,
        "cost": amount, "currency": currency,
    })  # fmt: skip
    work.count_version(request)
    _tell(work, request, owner, _project_manager(work, home))


def _end(number: int, sent: str) -> dict[str, Any]:
    if number % 13 == 3:
        return {"state": RequestState.CANCELLED, "reason": "expired"}
    accepted = later(sent, hours=3 + number % 40)
    return {
        "state": RequestState.DELIVERED, "progress": 100, "accepted_at": accepted,
        "delivered_at": later(accepted, days=1 + number % 6, hours=number % 9),
    }  # fmt: skip


def _project_manager(work: Work, home: Row) -> Principal:
    """Who looked after the customer, by name where the portal knows it; an administrator where nobody does."""
    if not home["project_managers"]:
        return work.principal
    address = home["project_managers"][0]
    found = work.where("staff", t.staff.c.address_form == same_address_form(address))
    return Principal(
        "seed", found[0]["name"] if found else address, Actor.PROJECT_MANAGER, staff=found[0].id if found else None
    )


def _tell(work: Work, request: Row, owner: Row, manager: Principal) -> None:
    """The request's history: what led to the state that it is in."""
    actor = Actor.MANAGER if owner["role"] == Role.MANAGER else Actor.SELF
    who, sent = Principal("seed", owner["name"], actor, contact=owner.id), request["created_at"]
    with _long_ago(work, who, sent):
        work.audit(Verb.POST_REQUESTS, request, None, {"title": request["title"]})
    with _long_ago(work, manager, later(sent, hours=2)):
        work.audit(
            Verb.REQUESTS_APPROVE, request, {"state": RequestState.QUOTE_PENDING}, {"state": RequestState.QUOTED}
        )
    if request["state"] == RequestState.CANCELLED:
        with _long_ago(work, SYSTEM, later(sent, days=work.get("settings", "settings")["offers"]["expire_after_days"])):
            work.audit(Verb.QUOTE_EXPIRED, request, {"state": RequestState.QUOTED}, {"state": RequestState.CANCELLED})
        return
    with _long_ago(work, who, request["accepted_at"]):
        work.audit(Verb.REQUESTS_ACCEPT, request, {"state": RequestState.QUOTED}, {"state": RequestState.IN_PROGRESS})
    with _long_ago(work, manager, request["delivered_at"]):
        work.audit(
            Verb.REQUESTS_DELIVER, request, {"state": RequestState.IN_PROGRESS}, {"state": RequestState.DELIVERED}
        )


@contextmanager
def _long_ago(work: Work, who: Principal, at: str) -> Iterator[None]:
    """What is noted within was done by somebody else, at that time."""
    now, principal = work.now, work.principal
    work.now, work.principal = at, who
    yield
    work.now, work.principal = now, principal
