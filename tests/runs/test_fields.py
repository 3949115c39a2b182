"""Every field that a file can manage arrives in the portal and comes back with the same value."""

from __future__ import annotations

import copy
import json
from typing import Any

from reconciler.documents.pipeline import read_documents
from reconciler.model.changes import ObjectKind
from reconciler.model.desired import DesiredState
from reconciler.model.fields import portal_fields_of
from reconciler.model.files import SourceFile, Tree
from reconciler.model.values import Fields
from tests.documents.values import FULL
from tests.runs.world import World

STRUCTURAL = {"portal", "previously", "registration", "release", "acknowledge", "rules"}


def book() -> DesiredState:
    """The desired state of files that say everything, with the people whom they name as heirs."""
    full = copy.deepcopy(FULL)
    people = {"jane-doe": full["contact"]}
    for key, role in (("tom-lang", "requester"), ("anna-schmidt", "manager")):
        people[key] = {"name": key, "email": f"{key}@acme.example", "role": role}
    documents = {"portal.yaml": full["portal"], "customers/acme/customer.yaml": full["customer"]}
    documents |= {f"customers/acme/contacts/{key}.yaml": one for key, one in people.items()}
    files = [SourceFile(path, _yaml(document)) for path, document in documents.items()]
    desired = read_documents(Tree(tuple(files))).desired
    assert desired is not None
    return desired


def _yaml(document: dict[str, Any]) -> bytes:
    said = {name: value for name, value in document.items() if name not in STRUCTURAL}
    return json.dumps(said, ensure_ascii=False).encode()


def test_every_field_of_the_files_arrives_in_the_portal(world: World) -> None:
    desired = book()
    world.apply(desired)
    live = world.reader.live_state()
    (acme,) = live.customers.values()
    services = {row.external_key: row for row in live.services.values()}
    jane = next(row for row in live.contacts.values() if row.external_key == "jane-doe")
    assert desired.services is not None
    wanted = desired.customers["acme"]
    _arrived(ObjectKind.SETTINGS, desired.settings.fields, live.settings.fields)
    _arrived(ObjectKind.SERVICE, desired.services["certified"].fields, services["certified"].fields)
    _arrived(ObjectKind.CUSTOMER, wanted.fields, acme.fields)
    _arrived(ObjectKind.CONTACT, wanted.contacts["jane-doe"].fields, jane.fields)
    assert jane.applied is not None
    assert jane.applied.fields == wanted.contacts["jane-doe"].fields


def _arrived(kind: ObjectKind, wanted: Fields, live: Fields) -> None:
    names = [field.name for field in portal_fields_of(kind)]
    assert {name: live.get(name) for name in names} == {name: wanted.get(name) for name in names}
