"""Typed documents into the desired state's values. What was not written stays absent."""

from __future__ import annotations

from typing import Any

from reconciler.documents.judging import Source
from reconciler.documents.strict_yaml import Path
from reconciler.documents.types import Contact, Customer, Document, PolicyDocument, Portal, Removed
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
from reconciler.model.values import Value, as_set


def contact(document: Contact, source: Source, customer: str, key: str) -> DesiredContact:
    """A contact file as the desired contact of that customer and key."""
    said = document.said("name", "email", "role", "services", "language", "heir", "protect")
    registration = document.registration
    return DesiredContact(
        customer,
        key,
        _fields(said),
        Place(source.path, 1),
        _places(source),
        leaves=Leaving(document.leaves.on, document.leaves.reason) if document.leaves else None,
        previously=tuple(document.previously or ()),
        registration=(
            RegistrationRef(registration.id, registration.fingerprint)
            if registration is not None and not isinstance(registration, str)
            else None
        ),
        refuses_registration=registration == "none",
    )


def farewell(document: Removed, source: Source, customer: str, key: str) -> Farewell:
    """A file under `removed/`."""
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
    """A customer folder with its people."""
    said = document.said(
        "name", "description", "language", "project_managers", "services", "email_domains",
        "heir", "manager_optional", "portal_edits", "protect",
    )  # fmt: skip
    return DesiredCustomer(
        key,
        _fields(said),
        Place(source.path, 1),
        _places(source),
        tuple(document.previously or ()),
        bool(document.release),
        contacts,
        farewells,
    )


def state(
    document: Portal, source: Source, customers: dict[str, DesiredCustomer], rules: tuple[str, ...] = ()
) -> DesiredState:
    """The whole desired state: settings, services, policy, the customers and the rules' digests read beside."""
    return DesiredState(
        document.owner,
        _settings(document, source, rules),
        document.portal,
        document.time_zone,
        _services(document, source),
        _policy(document.policy),
        customers,
    )


def _settings(document: Portal, source: Source, rules: tuple[str, ...]) -> DesiredSettings:
    said = document.said("sign_up")
    if "rules" in document.model_fields_set:
        said["rules"] = rules
    for group in ("languages", "offers", "branding"):
        part = getattr(document, group)
        if isinstance(part, Document):
            said |= {f"{group}.{name}": value for name, value in part.said(*type(part).model_fields).items()}
    if "policy" in document.model_fields_set:
        policy = _policy(document.policy)
        said |= {f"policy.{name}": getattr(policy, name) for name in Policy.__slots__}
    places = {name.replace("policy.removals.", "policy.removals_"): at for name, at in _places(source).items()}
    return DesiredSettings(_fields(said), Place(source.path, 1), places)


def _services(document: Portal, source: Source) -> dict[str, DesiredService] | None:
    if document.services is None:
        return None
    made = {}
    for key, service in document.services.items():
        said = service.said("name", "description", "template", "workflows", "available_to_all")
        if "price" in service.model_fields_set:
            price = service.price
            said |= {
                "price.currency": price.currency if price else None,
                "price.per_word": price.per_word if price else None,
            }
        line = source.composed.keys[("services", key)].line
        places = _places(source, ("services", key))
        made[key] = DesiredService(key, _fields(said), Place(source.path, line), places)
    return made


def _policy(document: PolicyDocument) -> Policy:
    removals = document.removals
    return Policy(
        document.language,
        document.portal_edits,
        document.unreviewed,
        removals.percent,
        removals.at_least,
        removals.at_most,
        removals.per_customer_percent,
        removals.small_customer,
        document.mails_per_run,
    )


def _fields(said: dict[str, Any]) -> dict[str, Value]:
    """Lists as sets; `protect` under the portal's name."""
    return {
        {"protect": "protected"}.get(name, name): as_set(value) if isinstance(value, list) else value
        for name, value in said.items()
    }


def _places(source: Source, below: Path = ()) -> dict[str, Place]:
    """The place of each field's value, nested ones under dotted names."""
    places = {}
    for path, span in source.composed.keys.items():
        if path[: len(below)] == below and len(path) > len(below):
            name = ".".join(str(part) for part in path[len(below) :])
            places[{"protect": "protected"}.get(name, name)] = Place(source.path, span.line, span.column)
    return places
