"""Conversion of typed documents into the desired state's values. Keys that a file omits stay
absent.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from reconciler.documents.field_types import Document
from reconciler.documents.layout import subject_of
from reconciler.documents.portal_document import Portal
from reconciler.documents.positions import Path
from reconciler.documents.types import Contact, Customer, Removed
from reconciler.documents.validation import Source
from reconciler.model.catalogue import Field
from reconciler.model.changes import ObjectKind
from reconciler.model.desired import (
    DesiredContact,
    DesiredCustomer,
    DesiredService,
    DesiredSettings,
    DesiredState,
    Farewell,
    Leaving,
    Place,
    Policy,
    RegistrationRef,
)
from reconciler.model.fields import fields_of
from reconciler.model.findings import FileFinding
from reconciler.model.problems import Problem, Severity
from reconciler.model.sentences import layout
from reconciler.model.values import Fields, Value, as_set


def contact(document: Contact, source: Source, customer: str, key: str) -> DesiredContact:
    """Return a contact file as the desired contact of that customer and key."""
    registration = document.registration
    return DesiredContact(
        customer,
        key,
        _fields(ObjectKind.CONTACT, document),
        Place(source.path, 1),
        _places(ObjectKind.CONTACT, source),
        leaves=Leaving(document.leaves.on, document.leaves.reason)
        if document.leaves
        else None,
        previously=tuple(document.previously or ()),
        registration=(
            RegistrationRef(registration.id, registration.fingerprint)
            if registration is not None and not isinstance(registration, str)
            else None
        ),
        refuses_registration=registration == "none",
        acknowledge=tuple(document.acknowledge or ()),
    )


def farewell(document: Removed, source: Source, customer: str, key: str) -> Farewell:
    """Return a file under `removed/` as a farewell."""
    return Farewell(
        customer,
        key,
        Place(source.path, 1),
        document.heir,
        document.reason or "other",
        document.registration,
        bool(document.keep),
    )


def customer(
    document: Customer,
    source: Source,
    key: str,
    contacts: dict[str, DesiredContact],
    farewells: dict[str, Farewell],
) -> DesiredCustomer:
    """Return a customer folder with its people as a desired customer."""
    return DesiredCustomer(
        key,
        _fields(ObjectKind.CUSTOMER, document),
        Place(source.path, 1),
        _places(ObjectKind.CUSTOMER, source),
        tuple(document.previously or ()),
        bool(document.release),
        contacts,
        farewells,
        tuple(document.acknowledge or ()),
    )


def state(
    document: Portal,
    source: Source,
    customers: dict[str, DesiredCustomer],
    rules: tuple[str, ...] = (),
    findings: tuple[FileFinding, ...] = (),
) -> DesiredState:
    """Return the whole desired state: settings, services, policy, customers, the digests of own
    rules, and the findings about the files.
    """
    return DesiredState(
        document.owner,
        _settings(document, source, rules),
        document.portal,
        document.time_zone,
        _services(document, source),
        _policy(document),
        customers,
        tuple(document.acknowledge or ()),
        findings,
    )


def findings(problems: Iterable[Problem]) -> tuple[FileFinding, ...]:
    """Return the warnings and notes among the problems, with whom they concern."""
    return tuple(
        FileFinding(
            problem.rule,
            problem.path,
            problem.line,
            problem.sentence or layout("{message}", message=problem.message),
            problem.hint_sentence
            or (layout("{hint}", hint=problem.hint) if problem.hint else None),
            *subject_of(problem.path),
            is_note=problem.severity is Severity.NOTE,
        )
        for problem in problems
        if problem.severity is not Severity.ERROR
    )


def _settings(document: Portal, source: Source, rules: tuple[str, ...]) -> DesiredSettings:
    fields = dict(_fields(ObjectKind.SETTINGS, document))
    if "rules" in fields:
        fields["rules"] = rules  # the base records a rule's digest, not its path
    return DesiredSettings(
        fields, Place(source.path, 1), _places(ObjectKind.SETTINGS, source)
    )


def _services(document: Portal, source: Source) -> dict[str, DesiredService] | None:
    if document.services is None:
        return None
    services = {}
    for key, service in document.services.items():
        line = source.composed.keys[("services", key)].line
        services[key] = DesiredService(
            key,
            _fields(ObjectKind.SERVICE, service),
            Place(source.path, line),
            _places(ObjectKind.SERVICE, source, ("services", key)),
            tuple(service.previously or ()),
        )
    return services


def _policy(document: Portal) -> Policy:
    """Return the file's policy, with the documents' defaults for keys that it omits."""
    numbers: dict[str, Any] = {}
    for row in fields_of(ObjectKind.SETTINGS):
        group, _, name = row.name.partition(".")
        if group == "policy":
            numbers[name] = _at(document, row.path)
    return Policy(**numbers)


def _fields(kind: ObjectKind, document: Document) -> Fields:
    """Return the values of the fields that the file sets, under the names of the model."""
    managed = (row for row in fields_of(kind) if _is_managed(document, row))
    return {row.name: _value(_at(document, row.path)) for row in managed}


def _is_managed(document: Document, row: Field) -> bool:
    """Return whether the file manages the field.

    It does when it holds the field, or when it holds the mapping around it and the field has a
    default there. A null mapping empties what the portal has of it; for fields that only the base
    holds, null is the same as absent.
    """
    part: Any = document
    for name in row.path:
        if part is None:
            return not row.remembered
        if name not in type(part).model_fields:
            return False
        # A default counts only inside of a mapping that the file has: `leaves: {on:
        # 2027-03-31}` sets a reason too, but a file without `policy` manages no limit.
        if name not in part.model_fields_set and (
            part is document or getattr(part, name) is None
        ):
            return False
        part = getattr(part, name)
    return True


def _at(document: Document, path: tuple[str, ...]) -> Any:
    """Return the value at the path; None when a mapping on the way is null."""
    part: Any = document
    for name in path:
        part = None if part is None else getattr(part, name)
    return part


def _value(value: Any) -> Value:
    return as_set(value) if isinstance(value, list) else value


@cache
def _names(kind: ObjectKind) -> dict[tuple[str, ...], str]:
    """Return the model's names by the paths in the files."""
    return {row.path: row.name for row in fields_of(kind)}


def _places(kind: ObjectKind, source: Source, below: Path = ()) -> dict[str, Place]:
    """Return the place of each field's value by its name, and of every other key by its path."""
    names = _names(kind)
    places = {}
    for path, span in source.composed.keys.items():
        if path[: len(below)] == below and len(path) > len(below):
            keys = tuple(str(part) for part in path[len(below) :])
            place = Place(source.path, span.line, span.column)
            places[names.get(keys, ".".join(keys))] = place
    return places
