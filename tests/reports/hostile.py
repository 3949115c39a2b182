"""A plan in which every text that somebody else may choose holds one payload."""

from __future__ import annotations

from reconciler.model.plan import Facts, Plan
from reconciler.planning.planner import make_plan
from tests.builders import contact, customer, desired, farewell, in_portal, live, portal_of, request

PAYLOADS = [
    "```\n# out", "a | b", "<img src=x onerror=alert(1)>", "<!-- gone", "</details>", "[x](javascript:alert(1))",
    "![](https://evil.example/?leak)", "@org/security", "fixes #1 GH-1", "/approve", "::set-output name=x::y",
    "x\nEVIL=1", "&#x3C;script&#x3E;", "$(id) `id`", "title\n===", "[^1] :tada:", "jane@evil.example", "~~~~\n~~~",
    "\x1b[2J", "\u202eevil", "``````````", "##vso[task.setvariable]x",
]  # fmt: skip


def hostile_plan(payload: str, company: str | None = None) -> Plan:
    """Creations, edits, a removal, a conflict, a refusal, unmanaged people: each with the payload in it (or `company` for what names an organisation)."""
    jane = contact("jane", name=payload, role="manager", heir="tom")
    tom, zoe = contact("tom", role="manager"), contact("zoe", role="observer", language="en")
    acme = customer("acme", [jane, tom, zoe], description=company or payload)
    state = portal_of(customer("acme", [jane, tom, zoe]))
    edited = in_portal(zoe, name=payload + "!", role="requester")
    unmanaged = in_portal(contact("stray", name=payload), owner=None, external_key=None, applied=None)
    roe = in_portal(contact("roe", name=payload))
    rows = [*state.customers.values(), in_portal(contact("jane")), in_portal(tom), edited, unmanaged, roe, request(roe)]
    files = customer("acme", [jane, tom, contact("zoe", role="manager", name=payload)], [farewell("roe")])
    assert acme.key == files.key
    new = customer(
        "new", [contact("new-one", "new", name=payload)], name=company or payload, description=company or payload
    )
    return make_plan(desired(files, new), live(*rows), Facts(commit="f" * 40))
