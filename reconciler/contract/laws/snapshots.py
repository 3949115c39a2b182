"""The snapshot and the revisions."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from reconciler.contract.client import API, Row
from reconciler.contract.law import Law, expect, expect_equal, expect_problem, expect_status
from reconciler.contract.portal import Portal

_KINDS: Final = ["settings", "service", "customer", "contact", "registration", "request"]
_PATHS: Final = (
    *(
        "meta",
        "snapshot",
        "changes",
        "leases",
        "batches",
        "settings",
        "services",
        "customers",
    ),
    *("contacts", "requests", "statistics", "outbox", "sign-ups", "sessions"),
)
_WRITERS: Final = 3
_WRITES: Final = 6


def read_snapshot(portal: Portal, **params: Any) -> list[Row]:
    """Return the lines of a snapshot: header, rows, trailer."""
    answer = portal.get("/snapshot", params=params)
    _expect_status(answer.status_code, 200)
    return [json.loads(line) for line in answer.text.splitlines()]


def _expect_status(status: int, right: int) -> None:
    # Not `expect_status`: a snapshot is no JSON document.
    expect(status == right, f"GET /snapshot answered {status}, not {right}")


def snapshot_is_of_one_revision(portal: Portal) -> None:
    """A snapshot begins with a header, has all rows of one revision by kind, and a trailer."""
    home, people, _ = portal.managed("manager", "requester")
    meta = portal.row("/meta")
    header, *rows, trailer = read_snapshot(portal)
    expect_equal(header["kind"], "header", "the kind of the first line")
    expect_equal(trailer["kind"], "trailer", "the kind of the last line")
    for name in ("epoch", "revision"):
        expect_equal(header[name], meta[name], f"`{name}` in the header")
    expect(header["now"], "the header does not say what time it is")
    kinds = [row["kind"] for row in rows if row["kind"] in _KINDS]
    expect_equal(kinds, sorted(kinds, key=_KINDS.index), "the order of the kinds")
    by_id = {row.get("id"): row for row in rows}
    for row in (home, *people):
        expect(row["id"] in by_id, f"row {row['id']} is not in the snapshot")
        expect_equal(by_id[row["id"]]["version"], row["version"], f"version of {row['id']}")


def snapshot_trailer_proves_completeness(portal: Portal) -> None:
    """The trailer has the number of rows of each kind and the SHA-256 of all bytes before it."""
    answer = portal.get("/snapshot")
    *lines, last = answer.content.splitlines(keepends=True)
    trailer = json.loads(last)
    digest = hashlib.sha256(b"".join(lines)).hexdigest()
    expect_equal(trailer["sha256"], digest, "the trailer's sha256")
    counts = Counter(json.loads(line)["kind"] for line in lines[1:])
    claims = {kind: count for kind, count in trailer["counts"].items() if count}
    expect_equal(claims, dict(counts), "the trailer's counts")


def snapshot_has_an_etag(portal: Portal) -> None:
    """If-None-Match with the snapshot's ETag answers 304 until something changes."""
    tag = portal.get("/snapshot").headers.get("etag", "")
    expect(tag.startswith('"'), f"the ETag {tag!r} is not a strong one")
    second = portal.get("/snapshot", headers={"If-None-Match": tag})
    _expect_status(second.status_code, 304)
    portal.managed()
    third = portal.get("/snapshot", headers={"If-None-Match": tag})
    _expect_status(third.status_code, 200)


def snapshot_is_compressed_on_request(portal: Portal) -> None:
    """With `Accept-Encoding: gzip` the same bytes come compressed."""
    plain = portal.get("/snapshot", headers={"Accept-Encoding": "identity"}).content
    content = portal.raw("/snapshot", {"Accept-Encoding": "gzip"})
    expect(content[:2] == b"\x1f\x8b", "the answer is not compressed with gzip")
    lines, packed_lines = plain.splitlines(), gzip.decompress(content).splitlines()
    expect(lines[1:-1] == packed_lines[1:-1], "the compressed snapshot has other rows")


def snapshot_since_shows_what_was_written(portal: Portal) -> None:
    """`since=REVISION` shows exactly the rows that were written after this revision."""
    home, _, lease = portal.managed("manager")
    head = portal.row("/meta")
    update = {"op": "update_customer", "id": home["id"], "version": home["version"]}
    answer = portal.batch(lease, {**update, "fields": {"description": "other"}})
    expect_status(answer, 200)
    lines = read_snapshot(portal, since=head["revision"], epoch=head["epoch"])
    ids = [row["id"] for row in lines[1:-1] if row["kind"] in _KINDS]
    expect_equal(ids, [home["id"]], "the ids of the rows")
    expect_equal(lines[-1]["kind"], "trailer", "the kind of the last line")


def another_epoch_is_gone(portal: Portal) -> None:
    """`since` of another epoch answers 410 in the snapshot and in the audit feed."""
    revision = portal.row("/meta")["revision"]
    for path in ("/snapshot", "/changes"):
        params = {"since": revision, "epoch": f"other-{portal.run}"}
        expect_problem(portal.get(path, params=params), 410, "gone")
    future = portal.get("/changes", params={"since": revision + 1_000_000})
    expect_problem(future, 410, "gone")


def reading_makes_no_revision(portal: Portal) -> None:
    """Reading, a lease and a refused write make no revision."""
    before = portal.row("/meta")["revision"]
    read_snapshot(portal)
    portal.release(portal.lease(f"customer:contract-{portal.word()}"))
    expect_problem(portal.get(f"/contacts/con_{portal.run}"), 404, "not-found")
    expect_equal(portal.row("/meta")["revision"], before, "the revision afterwards")


def revisions_become_visible_in_order(portal: Portal) -> None:
    """A reader who saw revision N never finds a new entry of a revision up to N."""
    since = portal.row("/meta")["revision"]
    homes = [portal.customer() for _ in range(_WRITERS)]
    entries: list[str] = []
    with ThreadPoolExecutor(_WRITERS) as pool:
        writers = [pool.submit(_write_often, portal, home) for home in homes]
        position = since
        while True:
            has_ended = all(writer.done() for writer in writers)
            for entry in portal.changes(position):
                entries.append(entry["hash"])
                position = entry["revision"]
            if has_ended:
                break
        for writer in writers:
            writer.result()
    expect_equal(
        entries, [entry["hash"] for entry in portal.changes(since)], "the feed as it grew"
    )


def _write_often(portal: Portal, home: Row) -> None:
    for number in range(_WRITES):
        body = {"description": f"change {number}"}
        path = f"/customers/{home['id']}"
        expect_status(portal.write("PATCH", path, home["version"] + number, body), 200)


def meta_says_what_the_portal_is(portal: Portal) -> None:
    """`meta` has the portal's id, epoch, revision, time and version."""
    meta = portal.row("/meta")
    for name in ("id", "epoch", "revision", "now", "version"):
        expect(meta.get(name) not in {None, ""}, f"meta has no `{name}`")
    expect(isinstance(meta["revision"], int), "the revision is not a whole number")


def openapi_document_is_there(portal: Portal) -> None:
    """`openapi.json` is an OpenAPI 3.1 document that has the paths of the contract."""
    document = expect_status(portal.get("/openapi.json"), 200)
    version = str(document.get("openapi", ""))
    expect(version.startswith("3.1"), f"the document is of version {version!r}")
    for name in _PATHS:
        expect(f"{API}/{name}" in document["paths"], f"the document has no path /{name}")


LAWS = (
    Law(meta_says_what_the_portal_is, "read"),
    Law(openapi_document_is_there, "read"),
    Law(snapshot_is_of_one_revision, "apply"),
    Law(snapshot_trailer_proves_completeness, "read"),
    Law(snapshot_has_an_etag, "apply"),
    Law(snapshot_is_compressed_on_request, "read"),
    Law(snapshot_since_shows_what_was_written, "apply"),
    Law(another_epoch_is_gone, "read"),
    Law(reading_makes_no_revision, "apply"),
    Law(revisions_become_visible_in_order),
)
