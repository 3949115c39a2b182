"""The demo's last twelve months: delivered requests, so that statistics show a year.

The data is the same every day; only the dates follow the clock. The requests are closed, so plans
ignore them, and they have no files, because a row without bytes is not allowed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from reconciler.portal.actions.requests import NEW_REQUEST, new_number
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.offers import may_order_service
from reconciler.portal.rules.principals import SYSTEM, Actor, Principal
from reconciler.portal.rules.requests import cost
from reconciler.portal.rules.roles import WORK_ROLES, Role
from reconciler.portal.rules.states import ContactStatus, RequestState, Workflow
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.unit_of_work import Row, Work

# Requests in each of the twelve months, oldest first.
_REQUESTS_PER_MONTH: Final = (5, 4, 6, 7, 5, 8, 6, 4, 7, 9, 8, 6)
_TITLES: Final = (
    "Instructions for use",
    "Price list",
    "Safety data sheet",
    "Framework contract",
    "Product catalogue",
    "Annual report",
    "Terms of delivery",
    "Press release",
    "Training slides",
    "Declaration of conformity",
    "Menu and labels",
    "Tender documents",
    "Website texts",
    "Inspection protocol",
    "Letter to the authority",
    "Maintenance plan",
    "Exhibition guide",
)
_TARGETS: Final = (
    ["de"],
    ["fr"],
    ["de", "fr"],
    ["no"],
    ["de"],
    ["hu"],
    ["fr", "ja"],
    ["de", "hu"],
    ["ja"],
)


def add_past_year(work: Work) -> None:
    """Add a year of requests, most of them delivered, a few not accepted."""
    c = t.contacts.c
    people = work.where(
        "contact", c.status == ContactStatus.ACTIVE, c.role.in_(sorted(WORK_ROLES))
    )
    # by address, because ids are random: the same people send the same requests every time
    people.sort(key=lambda person: person["email"])
    services = sorted(work.where("service"), key=lambda service: service["code"])
    number = 0
    for month, count in enumerate(_REQUESTS_PER_MONTH):
        for place in range(count):
            days = 30 * (len(_REQUESTS_PER_MONTH) - month) + 4 - place * 3
            _add_closed_request(
                work,
                people[number * 5 % len(people)],
                services,
                number,
                later(work.now, days=-days, hours=place),
            )
            number += 1
    work.audit(
        AuditAction.SEED, work.get("settings", "settings"), None, {"past_requests": number}
    )


def _add_closed_request(
    work: Work, owner: Row, services: list[Row], number: int, sent_at: str
) -> None:
    home = work.get("customer", owner["customer"])
    orderable = [
        service
        for service in services
        if may_order_service(service.values, owner["services"], home["services"])
    ]
    service = orderable[number % len(orderable)] if orderable else None
    targets = _TARGETS[number % len(_TARGETS)]
    # arithmetic instead of random numbers, so that every demo shows the same statistics
    words = 180 + number * 379 % 3300
    amount, currency = cost(words, service["price"] if service else None, len(targets))
    request = work.new(
        "request",
        {
            **NEW_REQUEST,
            **_final_fields(number, sent_at),
            "number": new_number(work),
            "customer": home.id,
            "owner": owner.id,
            "title": _TITLES[number % len(_TITLES)],
            "service": service["code"] if service else None,
            "workflow": Workflow.PM_QUOTE_MANUAL,
            "source_language": "en",
            "target_languages": targets,
            "deadline": None,
            "comment": None,
            "created_at": sent_at,
            "words": words,
            "cost": amount,
            "currency": currency,
        },
    )
    work.count_version(request)
    _add_entries(work, request, owner, _project_manager(work, home))


def _final_fields(number: int, sent_at: str) -> dict[str, Any]:
    if number % 13 == 3:
        return {"state": RequestState.CANCELLED, "reason": "expired"}
    accepted = later(sent_at, hours=3 + number % 40)
    return {
        "state": RequestState.DELIVERED,
        "progress": 100,
        "accepted_at": accepted,
        "delivered_at": later(accepted, days=1 + number % 6, hours=number % 9),
    }


def _project_manager(work: Work, home: Row) -> Principal:
    """Return the customer's project manager as a principal, else an administrator."""
    if not home["project_managers"]:
        return work.principal
    address = home["project_managers"][0]
    staff = work.where("staff", t.staff.c.address_form == same_address_form(address))
    return Principal(
        "seed",
        staff[0]["name"] if staff else address,
        Actor.PROJECT_MANAGER,
        staff=staff[0].id if staff else None,
    )


def _add_entries(work: Work, request: Row, owner: Row, manager: Principal) -> None:
    """Add the history that led the request to its state."""
    # `store.guard` refuses a request whose state does not follow from its entries
    actor = Actor.MANAGER if owner["role"] == Role.MANAGER else Actor.SELF
    requester, sent_at = (
        Principal("seed", owner["name"], actor, contact=owner.id),
        request["created_at"],
    )
    with _acting_at(work, requester, sent_at):
        work.audit(AuditAction.POST_REQUESTS, request, None, {"title": request["title"]})
    with _acting_at(work, manager, later(sent_at, hours=2)):
        work.audit(
            AuditAction.REQUESTS_APPROVE,
            request,
            {"state": RequestState.QUOTE_PENDING},
            {"state": RequestState.QUOTED},
        )
    if request["state"] == RequestState.CANCELLED:
        with _acting_at(
            work,
            SYSTEM,
            later(
                sent_at,
                days=work.get("settings", "settings")["offers"]["expire_after_days"],
            ),
        ):
            work.audit(
                AuditAction.QUOTE_EXPIRED,
                request,
                {"state": RequestState.QUOTED},
                {"state": RequestState.CANCELLED},
            )
        return
    with _acting_at(work, requester, request["accepted_at"]):
        work.audit(
            AuditAction.REQUESTS_ACCEPT,
            request,
            {"state": RequestState.QUOTED},
            {"state": RequestState.IN_PROGRESS},
        )
    with _acting_at(work, manager, request["delivered_at"]):
        work.audit(
            AuditAction.REQUESTS_DELIVER,
            request,
            {"state": RequestState.IN_PROGRESS},
            {"state": RequestState.DELIVERED},
        )


@contextmanager
def _acting_at(work: Work, actor: Principal, at: str) -> Iterator[None]:
    """Record what happens in the block under another principal and time."""
    now, principal = work.now, work.principal
    work.now, work.principal = at, actor
    # no `finally`: an error undoes the whole work
    yield
    work.now, work.principal = now, principal
