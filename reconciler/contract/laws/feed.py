"""The audit feed and its chain of hashes."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from reconciler.contract.client import Row
from reconciler.contract.law import Law, expect, expect_equal, expect_problem, expect_status
from reconciler.contract.portal import Portal, Unchecked

# The members that an entry's hash covers besides `before`, `after` and the digests, in this order.
_COLUMNS: Final = (
    *("revision", "seq", "at", "actor", "what", "object", "id"),
    *("change", "run", "commit", "person"),
)


def every_operation_has_an_entry(portal: Portal) -> None:
    """Each operation of a batch has an entry with change, run, commit, actor and values."""
    home, _, lease = portal.managed("manager")
    since = portal.row("/meta")["revision"]
    update = {"op": "update_customer", "id": home["id"], "version": home["version"]}
    operation = {**update, "change": "contract-1", "fields": {"description": "other"}}
    expect_status(portal.batch(lease, operation), 200)
    (entry,) = portal.changes(since)
    expect_equal(entry["what"], "update_customer", "`what`")
    expect_equal((entry["object"], entry["id"]), ("customer", home["id"]), "the object")
    expect_equal(entry["actor"], "reconciler", "the actor")
    mark = (entry["change"], entry["run"], entry["commit"])
    expect_equal(
        mark, ("contract-1", f"run_{portal.run}", "c0ffee0"), "change, run, commit"
    )
    expect_equal(entry["before"]["description"], home["description"], "the value before")
    expect_equal(entry["after"]["description"], "other", "the value after")
    expect(entry["by"], "the entry does not say by whom")


def feed_is_a_chain(portal: Portal) -> None:
    """Each entry's hash is the SHA-256 of the hash before it, the entry, and the digests."""
    portal.managed("manager", "requester")
    entries = list(portal.changes(portal.start))
    expect(entries, "the feed has no entries")
    if not _can_be_computed(portal, entries):
        raise Unchecked(
            "the portal does not show `head` in meta and `digests` in the feed; use its own check"
        )
    _expect_chain(portal, entries)


def _can_be_computed(portal: Portal, entries: list[Row]) -> bool:
    return portal.start_head is not None and all("digests" in entry for entry in entries)


def _expect_chain(portal: Portal, entries: list[Row]) -> None:
    hash_before = str(portal.start_head)
    for entry in entries:
        subject = f"the hash of revision {entry['revision']}, seq {entry['seq']}"
        expect_equal(entry["hash"], chained_hash(hash_before, entry), subject)
        hash_before = entry["hash"]
    expect_equal(portal.row("/meta")["head"], hash_before, "`head` of meta")


def erasing_a_value_keeps_the_chain(portal: Portal) -> None:
    """Erasing a person takes their values out of the feed and leaves every hash as it was."""
    home = portal.customer()
    person = portal.contact(home)
    path = f"/contacts/{person['id']}"
    living = portal.write("POST", f"{path}/erase", person["version"])
    expect_problem(living, 409, "wrong-state")
    answer = portal.write("POST", f"{path}/offboard", person["version"], {"reason": "left"})
    row = expect_status(answer, 200)
    before = [entry["hash"] for entry in portal.changes(portal.start)]
    expect_status(portal.write("POST", f"{path}/erase", row["version"]), 200)
    entries = list(portal.changes(portal.start))
    hashes = [entry["hash"] for entry in entries]
    expect_equal(hashes[: len(before)], before, "the list of hashes before the erasure")
    tombstones = list(portal.items("/contacts", customer=home["id"], include="removed"))
    mails = list(portal.items("/outbox", contact=person["id"]))
    lists = {"/changes": entries, "/contacts": tombstones, "/outbox": mails}
    texts = {source: json.dumps(rows) for source, rows in lists.items()}
    texts["/snapshot"] = portal.get("/snapshot").text
    for source, text in texts.items():
        for name in ("email", "name"):
            expect(person[name] not in text, f"{source} still has the {name} of the person")
    if _can_be_computed(portal, entries):
        _expect_chain(portal, entries)


def chained_hash(hash_before: str, entry: Row) -> str:
    """Return the hash that this entry must have after an entry with the hash `hash_before`."""
    digests = entry["digests"]
    plain = [entry[name] for name in _COLUMNS]
    plain += [_without_sealed(entry[side], side, digests) for side in ("before", "after")]
    text = f"{hash_before}\n{_canonical(plain)}\n{_canonical(digests)}"
    return hashlib.sha256(text.encode()).hexdigest()


def _without_sealed(values: Row | None, side: str, digests: Row) -> Row | None:
    if values is None:
        return None
    return {
        name: value for name, value in values.items() if f"{side}.{name}" not in digests
    }


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


LAWS = (
    Law(every_operation_has_an_entry, "apply"),
    Law(feed_is_a_chain, "apply"),
    Law(erasing_a_value_keeps_the_chain),
)
