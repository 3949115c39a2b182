"""Earlier activity in the demo's portal, and portals full of invented customers.

One half of the demo's state comes from an earlier version of the files, applied as usual; this
module adds what people did in the portal themselves.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from sqlalchemy import insert, update

from reconciler.portal.actions import contacts, customers, registrations, requests
from reconciler.portal.actions.fields import new_row_fields
from reconciler.portal.actions.outbox import RETENTION_DAYS
from reconciler.portal.demo.history import add_past_year
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.equality import same_address_form, same_name_form
from reconciler.portal.rules.principals import SYSTEM, Actor, Principal
from reconciler.portal.rules.search import search_form
from reconciler.portal.rules.states import (
    ContactStatus,
    CustomerStatus,
    MailState,
    Workflow,
)
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.store import Store
from reconciler.portal.store.unit_of_work import Row, Work

ADMINISTRATOR: Final = Principal("seed", "Ada Quist", Actor.ADMINISTRATOR)
_ROWS_PER_INSERT: Final = 5000


def activate_invited(store: Store) -> None:
    """Activate all invited contacts, and mark their mails as sent."""
    with store.write(SYSTEM) as work:
        for contact in work.where("contact", t.contacts.c.status == ContactStatus.INVITED):
            contact["status"] = ContactStatus.ACTIVE
            work.audit(
                AuditAction.ACTIVATE,
                contact,
                {"status": ContactStatus.INVITED},
                {"status": ContactStatus.ACTIVE},
            )
        forget_at = later(work.now, days=RETENTION_DAYS)
        # all mails: a demo that is given a mail server later must not write to anybody
        work.connection.execute(
            update(t.outbox).values(
                state=MailState.SENT, sent_at=work.now, tries=1, forget_at=forget_at
            )
        )


def add_demo_activity(store: Store) -> None:
    """Add edits, requests and sign-ups that show every case a plan knows."""
    with store.write(ADMINISTRATOR) as work:
        _requests(work)
        _edit(work, "george.adeyemi@brackenfield.example", {"role": "requester"})
        _edit(work, "tobias.fenn@brackenfield-labs.example", {"language": "fr"})
        _unmanaged(work)
    activate_invited(store)
    with store.write(ADMINISTRATOR) as work:
        add_past_year(work)
    with store.write(SYSTEM) as work:
        winery = _customer(work, "Kővári Borászat Kft.")
        _sign_up(work, winery, "reg-5b21c7de", "Tóth Balázs", "toth.balazs@kovari.example")
        _sign_up(work, winery, "reg-90aa41f3", "Nagy Péter", "nagy.peter@freemail.example")
        _sign_up(work, None, "reg-3e07d2b8", "Freya Lindqvist", "freya@lindqvist.example")


def _requests(work: Work) -> None:
    for email, title, service in (
        ("john.roe@acme.example", "Leaflet Novafen 20 mg", "certified"),
        ("john.roe@acme.example", "Recall notice, batch 7", "certified"),
        ("carsten.voigt@acme.example", "Declaration of conformity", "certified"),
        ("tom.lang@acme.example", "Operating manual, infusion pump", "standard"),
        ("h.kimura@hibarino-seiki.example", "Spindle catalogue", "standard"),
        ("h.kimura@hibarino-seiki.example", "Safety data, lathe series 4", "standard"),
        ("ingrid.oye@havbris.example", "Customs papers, May", "standard"),
    ):
        owner = _contact(work, email)
        fields = {
            "title": title,
            "service": service,
            "workflow": Workflow.PM_QUOTE_MANUAL,
            "source_language": "en",
            "target_languages": ["de", "fr"],
            "deadline": None,
            "comment": None,
        }
        row = requests.send(work, owner, fields)
        work.audit(AuditAction.POST_REQUESTS, row, None, {"title": title})


def _edit(work: Work, email: str, fields: dict[str, Any]) -> None:
    row = _contact(work, email)
    work.audit(AuditAction.PATCH_CONTACTS, row, *contacts.edit(work, row, fields))


def _unmanaged(work: Work) -> None:
    fields = {
        "name": "Éditions Moulin & Vasseur",
        "language": "fr",
        "project_managers": ["ada.quist@provider.example"],
    }
    home = customers.create(work, {**fields, "services": ["standard"]})
    work.audit(AuditAction.POST_CUSTOMERS, home, None, fields)
    for name, email, role in (
        ("Amélie Vasseur", "amelie@moulin-vasseur.example", "manager"),
        ("Benoît Moulin", "benoit@moulin-vasseur.example", "requester"),
        ("Zoé Lefèvre", "zoe.lefevre@lefevre-lecture.example", "observer"),
        ("Hugo Perret", "hugo.perret@perret-cartes.example", "observer"),
    ):
        row = contacts.add(work, home, {"name": name, "email": email, "role": role})
        work.audit(AuditAction.POST_CONTACTS, row, None, {"name": name})
    thalbach = _customer(work, "Kanzlei Thalbach & Söhne")
    row = contacts.add(
        work,
        thalbach,
        {"name": "Ines Brandt", "email": "i.brandt@thalbach.example", "role": "requester"},
    )
    work.audit(AuditAction.POST_CONTACTS, row, None, {"name": "Ines Brandt"})


def _sign_up(work: Work, home: Row | None, id: str, name: str, email: str) -> None:
    row = registrations.register(
        work, home, {"name": name, "email": email, "role": "requester", "language": None}
    )
    # files of the demo's customers approve and reject registrations by these ids
    row["registration"] = id
    work.audit(AuditAction.SIGN_UP, row, None, {"name": name})


def _contact(work: Work, email: str) -> Row:
    return work.where("contact", t.contacts.c.address_form == same_address_form(email))[0]


def _customer(work: Work, name: str) -> Row:
    return work.where("customer", t.customers.c.name_form == same_name_form(name))[0]


def add_invented_customers(
    store: Store, customers: int, contacts_per_customer: int
) -> None:
    """Add unmanaged customers with active contacts; the first contact of each is the manager."""
    with store.write(ADMINISTRATOR) as work:
        rows: list[dict[str, Any]] = []
        for number in range(1, customers + 1):
            # not by the actions, which would write a mail and a history entry for each of them
            home = _invented_customer(work, number)
            work.connection.execute(insert(t.customers), home)
            rows += [
                _invented_contact(work, home["id"], number, n)
                for n in range(1, contacts_per_customer + 1)
            ]
            if len(rows) >= _ROWS_PER_INSERT or number == customers:
                work.connection.execute(insert(t.contacts), rows)
                rows = []
        work.audit(
            AuditAction.SEED,
            work.get("settings", "settings"),
            None,
            {"customers": customers},
        )


def _invented_customer(work: Work, number: int) -> dict[str, Any]:
    name = f"Customer {number:07}"
    return {
        **new_row_fields(work, "customer", {"name": name}),
        "id": f"cus_{secrets.token_hex(10)}",
        "version": 1,
        "revision": work.revision,
        "name_form": same_name_form(name),
        "status": CustomerStatus.ACTIVE,
        "archived": None,
        "last_commit": None,
        "registration_code": None,
        "sought": search_form(name),
    }


def _invented_contact(work: Work, customer: str, number: int, place: int) -> dict[str, Any]:
    email = f"person-{place}@customer-{number:07}.example"
    fields = {
        "name": f"Person {place} of {number}",
        "email": email,
        "role": "manager" if place == 1 else "requester",
    }
    return {
        **new_row_fields(work, "contact", fields),
        "id": f"con_{secrets.token_hex(10)}",
        "version": 1,
        "revision": work.revision,
        "customer": customer,
        "address_form": email,
        "status": ContactStatus.ACTIVE,
        "removed": None,
        "registration": None,
        "fingerprint": None,
        "decision": None,
        "password": None,
        "invited_at": work.now,
        "sought": search_form(fields["name"], email),
    }
