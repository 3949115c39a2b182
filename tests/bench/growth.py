"""How the time of a run grows with the book, as ratios within this one run.

Absolute times say nothing on a shared machine; that twice the book takes about twice the time does.
Run with `make bench`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from reconciler.adapters.address import Address
from reconciler.adapters.reader import PortalReader
from reconciler.adapters.repository import Repository
from reconciler.documents.pipeline import read_documents
from reconciler.model.files import Tree
from reconciler.model.plan import Facts
from reconciler.planning import make_plan
from reconciler.portal import commands

PEOPLE = 10
SIZES = (200, 400, 800)


def write_book(root: Path, customers: int) -> None:
    """A book of invented customers with ten people each."""
    root.mkdir()
    (root / "portal.yaml").write_text("schema_version: 1\nowner: bench\npolicy: {mails_per_run: 100000}\n", "utf-8")
    for number in range(customers):
        home = root / "customers" / f"customer-{number:07}"
        (home / "contacts").mkdir(parents=True)
        (home / "customer.yaml").write_text(f"name: Customer {number}\n", "utf-8")
        for place in range(PEOPLE):
            role = "manager" if place == 0 else "requester"
            text = f"name: Person {place}\nemail: person-{place}@customer-{number}.example\nrole: {role}\n"
            (home / "contacts" / f"person-{place}.yaml").write_text(text, "utf-8")


def timed(act: Callable[[], object]) -> float:
    """Seconds of the faster of two."""
    found = []
    for _ in range(2):
        began = time.perf_counter()
        act()
        found.append(time.perf_counter() - began)
    return min(found)


def read_tree(root: Path) -> Tree:
    return Repository(root).tree()


def main() -> None:
    """Print a line a size, and the ratios to the size before."""
    before: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            root = Path(folder) / f"book-{size}"
            write_book(root, size)
            tree = Repository(root).tree()
            desired = read_documents(tree).desired
            if desired is None:
                sys.exit("the bench's book is not valid")
            database = f"sqlite:///{Path(folder) / f'portal-{size}.sqlite'}"
            commands.seed_many(database, size, PEOPLE)
            token = commands.create_token(database, "read", "bench")
            with commands.running(database) as url:
                reader = PortalReader(Address(url, token))
                live = reader.live_state()
                times = {
                    "read the tree": timed(partial(read_tree, root)),
                    "judge the files": timed(partial(read_documents, tree)),
                    "read the portal": timed(reader.live_state),
                    "plan": timed(partial(make_plan, desired, live, Facts())),
                }
                reader.close()
            ratios = {name: f"{took / before[name]:.1f} x" if before else "1" for name, took in times.items()}
            sys.stdout.write(
                f"{size * PEOPLE:>7,} contacts: " + ", ".join(f"{n} {r}" for n, r in ratios.items()) + "\n"
            )
            before = times


main()
