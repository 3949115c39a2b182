"""Files that have done their work: farewells that were carried out, and contacts whose day came.

They stay inert, and hide the ones that still matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.model.desired import Farewell
from reconciler.model.live import LiveContact
from reconciler.model.plan import Warning
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Listing, plural_sentence, sentence
from reconciler.planning.customer_context import CustomerContext

# The number of files that a note names; it counts the others.
_MOST_FILES = 5


def note_finished_files(contexts: Iterable[CustomerContext]) -> Iterator[Warning]:
    """Yield one note on all files that can be deleted without any effect."""
    paths = sorted({path for context in contexts for path in _finished_paths(context)})
    if not paths:
        return
    names: list[str] = paths[:_MOST_FILES]
    listing = Listing(tuple(names))
    more = len(paths) - len(names)
    if more:
        rest = plural_sentence("list", "and {count} more", "and {count} more", more)
        listing = Listing((*names, rest))
    message = plural_sentence(
        "note",
        "{count:,} file has done its work: {paths}",
        "{count:,} files have done their work: {paths}",
        len(paths),
        paths=listing,
    )
    hint = sentence("hint", "delete what is done; nothing changes for anybody")
    yield Warning(RuleId.FINISHED_FILE, message, hint=hint)


def _finished_paths(context: CustomerContext) -> Iterator[str]:
    desired, live = context.customer.desired, context.customer.live
    if desired is None or live is None or context.is_released:
        return
    rows = context.index.last_lives(live.id)
    heirs = {contact.heir for contact in desired.contacts.values()} | {desired.heir}
    heirs |= {farewell.heir for farewell in desired.farewells.values()}
    for key, farewell in sorted(desired.farewells.items()):
        # Offline, the heirs of others are found through it. A departure that is due also stands
        # under the contact's former keys.
        if key in heirs or key != farewell.key:
            continue
        if _is_done(context, farewell, rows.get(key), live.id):
            yield farewell.place.path


def _is_done(
    context: CustomerContext, farewell: Farewell, row: LiveContact | None, home: str
) -> bool:
    if farewell.registration is not None:
        return farewell.registration in context.index.live.decided_registrations
    if row is not None:
        # Recorded as absent too: nothing is left to be recorded.
        return not row.living and not (row.applied and row.applied.present)
    # Released: the row lost its key.
    return farewell.key in context.index.former_keys["contact", home]
