"""Lists: pages, filters, and the members that rows have."""

from __future__ import annotations

from typing import Any, Final

from reconciler.contract.client import Row
from reconciler.contract.law import Law, expect, expect_equal, expect_problem, expect_status
from reconciler.contract.portal import Portal

_SHAPES: Final[dict[str, tuple[str, ...]]] = {
    "settings": ("external_key", "owner", "applied", "version"),
    "services": ("id", "external_key", "owner", "applied", "version", "name"),
    "customers": (
        *("id", "external_key", "owner", "name", "description", "language"),
        *(
            "project_managers",
            "services",
            "email_domains",
            "protected",
            "applied",
            "status",
        ),
    ),
    "contacts": (
        *(
            "id",
            "customer",
            "customer_key",
            "external_key",
            "owner",
            "name",
            "email",
            "role",
        ),
        *("services", "language", "status", "protected", "applied"),
    ),
    "requests": (
        *("id", "customer", "owner", "state", "service", "source_language"),
        *("target_languages", "deadline"),
    ),
}


def pages_have_no_gaps_and_no_repeats(portal: Portal) -> None:
    """A list read page by page has each row once, also while rows are added."""
    home = portal.customer()
    ids = {portal.contact(home)["id"] for _ in range(5)}
    pages: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        params: dict[str, Any] = {"customer": home["id"], "limit": 2, **cursor}
        page = expect_status(portal.get("/contacts", params=params), 200)
        expect(len(page["items"]) <= 2, "a page has more rows than its limit")
        pages += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        expect(len(pages) < 20, "the list does not end")
        cursor = {"cursor": page["next"]}
        if len(pages) == 2:
            portal.contact(home)
    expect_equal(len(pages), len(set(pages)), "the number of rows on all pages")
    expect(ids <= set(pages), "a row that was there from the start is on no page")


def list_says_where_it_stands(portal: Portal) -> None:
    """A list has `items`, `next`, `revision` and `epoch`; a forged cursor answers 400."""
    meta = portal.row("/meta")
    for path in ("/customers", "/contacts", "/services", "/requests", "/changes"):
        page = expect_status(portal.get(path, params={"limit": 1}), 200)
        expect(isinstance(page["items"], list), f"{path} has no list `items`")
        expect("next" in page, f"{path} has no `next`")
        expect_equal(page["epoch"], meta["epoch"], f"`epoch` of {path}")
        expect(
            page["revision"] >= meta["revision"], f"`revision` of {path} is older than meta"
        )
    answer = portal.get("/customers", params={"cursor": f"forged-{portal.run}"})
    expect_problem(answer, 400, "malformed")


def contacts_can_be_filtered(portal: Portal) -> None:
    """Contacts are found by customer, status, address and key; removed ones on request."""
    home, (manager, leaver), _ = portal.managed("manager", "requester")
    path = f"/contacts/{leaver['id']}/offboard"
    expect_status(portal.write("POST", path, leaver["version"], {"reason": "left"}), 200)
    at_home: Row = {"customer": home["id"]}
    key = manager["external_key"]
    for filters, right in (
        (at_home, [manager]),
        ({**at_home, "include": "removed"}, [manager, leaver]),
        ({**at_home, "status": "removed", "include": "removed"}, [leaver]),
        ({"email": manager["email"]}, [manager]),
        ({"email": manager["email"].upper()}, [manager]),
        ({**at_home, "external_key": key}, [manager]),
    ):
        ids = sorted(row["id"] for row in portal.items("/contacts", **filters))
        expect_equal(ids, sorted(row["id"] for row in right), f"the contacts by {filters}")


def rows_have_the_members_of_the_contract(portal: Portal) -> None:
    """Settings, services, customers, contacts and requests have the members of the contract."""
    home = portal.customer()
    person = portal.contact(home)
    rows = {
        "settings": portal.row("/settings"),
        "services": portal.service(),
        "customers": home,
        "contacts": person,
        "requests": portal.request(person),
    }
    for name, members in _SHAPES.items():
        absent = [member for member in members if member not in rows[name]]
        expect(not absent, f"a row of /{name} has no {', '.join(absent)}")


LAWS = (
    Law(pages_have_no_gaps_and_no_repeats),
    Law(list_says_where_it_stands, "read"),
    Law(contacts_can_be_filtered),
    Law(rows_have_the_members_of_the_contract),
)
