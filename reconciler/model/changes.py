"""A change: one difference between the states and one write, as data.

`planning` makes changes, `reports` shows them, `adapters` sends them. The set of kinds is closed:
code that handles changes matches over `Kind` and ends in `assert_never`, so a new kind does not
type-check until order, reports and writer handle it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from reconciler.model.sentences import Sentence
from reconciler.model.values import FieldChange, Fields


# The texts stand in plan files and in the API: another text would void every reviewed plan.
class Kind(StrEnum):
    """The kinds of changes that a plan can hold."""

    CREATE_CUSTOMER = "create_customer"
    UPDATE_CUSTOMER = "update_customer"
    RENAME_CUSTOMER = "rename_customer"
    ARCHIVE_CUSTOMER = "archive_customer"
    RESTORE_CUSTOMER = "restore_customer"
    ADOPT_CUSTOMER = "adopt_customer"
    RELEASE_CUSTOMER = "release_customer"
    CREATE_CONTACT = "create_contact"
    APPROVE_REGISTRATION = "approve_registration"
    REJECT_REGISTRATION = "reject_registration"
    ADOPT_CONTACT = "adopt_contact"
    UPDATE_CONTACT = "update_contact"
    CHANGE_ROLE = "change_role"
    CHANGE_EMAIL = "change_email"
    RENAME_CONTACT = "rename_contact"
    REMOVE_CONTACT = "remove_contact"
    RESTORE_CONTACT = "restore_contact"
    RELEASE_CONTACT = "release_contact"
    HAND_OVER_WORK = "hand_over_work"
    CREATE_SERVICE = "create_service"
    UPDATE_SERVICE = "update_service"
    RENAME_SERVICE = "rename_service"
    ADOPT_SERVICE = "adopt_service"
    REMOVE_SERVICE = "remove_service"
    UPDATE_SETTINGS = "update_settings"
    ADOPT_SETTINGS = "adopt_settings"
    REBASE_HISTORY = "rebase_history"
    RECORD = "record"


class MailKind(StrEnum):
    """Every mail that the portal sends because of a change."""

    ACTIVATION = "activation"
    ACTIVATION_AGAIN = "activation_again"
    ADDRESS_CHANGED = "address_changed"
    WORK_RECEIVED = "work_received"
    REJECTED = "rejected"


class ObjectKind(StrEnum):
    """The kind of object that a change is about."""

    SETTINGS = "settings"
    SERVICE = "service"
    CUSTOMER = "customer"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail: its kind, address and language."""

    kind: MailKind
    to: str
    language: str


@dataclass(frozen=True, slots=True)
class Cause:
    """The file and line that demand a change; both None when the file is gone.

    `due`: the change follows from a date that an earlier run has already applied.
    """

    path: str | None = None
    line: int | None = None
    due: bool = False


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """An object of the portal: by `id` when it is live, else by the key it will get in this batch.

    `customer` and `key` are how people read it; `version` is the one that was planned on.
    """

    customer: str | None
    key: str
    id: str | None = None
    version: int | None = None
    label: str | None = None

    def __str__(self) -> str:
        return self.label or "/".join(part for part in (self.customer, self.key) if part)


@dataclass(frozen=True, slots=True)
class Effects:
    """The mails that a change sends and the open work that it moves.

    `work_to`: who receives all work of the contact that is open when the change is applied.
    `open_work`: the number of open requests at planning; shown, but not part of the change's id.
    Rights that people lose or gain are not an effect of one change: see `plan.Group.outcomes`.
    """

    mails: tuple[Mail, ...] = ()
    work_to: ObjectRef | None = None
    open_work: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """The portal's row that a change writes; no `id` for an object that the change creates.

    `customer_id`: the row of the contact's customer, None when the same batch creates it.
    `life`: counts the creations and restorations under the key; of a creation, the life it begins.
    """

    id: str | None = None
    version: int | None = None
    customer_id: str | None = None
    life: int = 1


# The context of notes about power, which reviewers must see first.
_OF_POWER: Final = "right"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a plan and one operation of a batch.

    `customer`, `contact`, `service`: keys as they are after the plan; for a person whom nobody
    manages yet (a rejected registration) `contact` is the address. `fields`: the values to write,
    and the values that only the base remembers (heirs, limits, policy), sorted by name.
    `base`: the fields to remember as applied, complete (None: nothing stays managed).
    `message`: the line for people. `previous_key`: of a rename; of a rebased history, the commit
    that the row was last applied from. `other_end`: the other end (`customer/contact`) when a
    removal and a creation are one move. `registration`: id, and
    `fingerprint` when it is approved. `reason`: of a removal or a rejection.
    `restores_file`: it undoes portal edits because the applied files said `portal_edits: revert`.
    """

    kind: Kind
    object: ObjectKind
    customer: str | None
    contact: str | None
    message: Sentence
    service: str | None = None
    fields: tuple[FieldChange, ...] = ()
    cause: Cause = Cause()
    effects: Effects = Effects()
    target: Target = Target()
    base: Fields | None = None
    present: bool = True
    previous_key: str | None = None
    other_end: str | None = None
    registration: str | None = None
    fingerprint: str | None = None
    reason: str | None = None
    # `message` ends in the notes and compares them; here they mark the rows whose authors a
    # text quotes, for `--redact`.
    notes: tuple[Sentence, ...] = field(default=(), compare=False)
    restores_file: bool = False

    @property
    def power_notes(self) -> tuple[Sentence, ...]:
        """The notes on who gains power by the change."""
        return tuple(note for note in self.notes if note.context == _OF_POWER)

    @property
    def id(self) -> str:
        """The first 16 hex digits of the SHA-256 over the meaning of the change.

        Not part of it: the line within the file, versions and row ids, how many requests are open,
        the heir's mail that follows from the handover, notes, and the rights that people lose or
        gain. So the id stays the same from the review of a plan to its application. The target's
        life is part of it: a reviewed removal cannot be repeated after a restoration.
        """
        # Canonical JSON: sorted keys, no spaces and no escapes, so that every machine
        # hashes the same bytes.
        text = json.dumps(
            self._meaning(), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        # 64 bits are enough against accidents: two of the 20,000 changes of the largest
        # batch (SPEC part 5) have the same id with a probability of 1 in 10^11.
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _meaning(self) -> dict[str, Any]:
        effects = self.effects
        # The heir gets a mail only if a request is open at that moment. A reviewed removal
        # stays the same when the last request is delivered meanwhile.
        mails = [mail for mail in effects.mails if mail.kind is not MailKind.WORK_RECEIVED]
        return {
            "kind": self.kind,
            "object": [self.object, self.customer, self.contact, self.service],
            "life": self.target.life,
            "fields": [[f.name, f.before, f.after] for f in self.fields],
            # The path and not the line: a comment added above it changes nothing for
            # anybody.
            "cause": [self.cause.path, self.cause.due],
            "mails": [[mail.kind, mail.to, mail.language] for mail in mails],
            "work_to": str(effects.work_to) if effects.work_to else None,
            # Only for a record, which has no fields: its base is all that it says.
            "base": dict(self.base)
            if self.kind is Kind.RECORD and self.base is not None
            else None,
            "present": self.present,
            "previous_key": self.previous_key,
            "moved": self.other_end,
            "registration": [self.registration, self.fingerprint],
            "reason": self.reason,
        }
