"""Services that get another key: the live state as it reads after the rename.

The portal renames a service everywhere at once, so lists that name it are the same before and
after. Because planning starts from the renamed state, a rename takes nothing from anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from reconciler.model.desired import DesiredState
from reconciler.model.live import LiveContact, LiveCustomer, LiveState
from reconciler.model.values import Fields, as_set

Holder = TypeVar("Holder", LiveCustomer, LiveContact)


def renamed_services(desired: DesiredState, live: LiveState) -> dict[str, str]:
    """Return the former key of each service whose file names it in `previously`, by its new key."""
    managed_codes = {
        str(row.fields["code"])
        for row in live.services.values()
        if row.owner == desired.owner
    }
    codes = {str(row.fields["code"]) for row in live.services.values()}
    services = desired.services or {}
    free = managed_codes - set(services)
    former_keys: dict[str, str] = {}
    for key, service in sorted(services.items()):
        former = next((name for name in service.previously if name in free), None)
        # A key that exists already is another service, not a new name for this one.
        if key not in codes and former is not None:
            former_keys[key] = former
            free -= {former}
    return former_keys


def with_renamed_services(live: LiveState, former_keys: Mapping[str, str]) -> LiveState:
    """Return the live state with the services under their new keys, wherever one is named."""
    if not former_keys:
        return live
    keys = {former: key for key, former in former_keys.items()}
    services = {
        id: replace(
            row,
            fields={
                **row.fields,
                "code": keys.get(str(row.fields["code"]), row.fields["code"]),
            },
        )
        for id, row in live.services.items()
    }
    requests = {
        id: replace(row, service=keys.get(row.service or "", row.service))
        for id, row in live.requests.items()
    }
    return replace(
        live,
        services=services,
        requests=requests,
        customers={id: _holder(row, keys) for id, row in live.customers.items()},
        contacts={id: _holder(row, keys) for id, row in live.contacts.items()},
    )


def _holder(row: Holder, keys: Mapping[str, str]) -> Holder:
    # The base too, or each list that names the service would look like a portal edit.
    base = row.applied and replace(row.applied, fields=_fields(row.applied.fields, keys))
    return replace(row, fields=_fields(row.fields, keys), applied=base)


def _fields(fields: Fields, keys: Mapping[str, str]) -> Fields:
    service_keys = fields.get("services")
    if not isinstance(service_keys, tuple) or not set(service_keys) & set(keys):
        return fields
    return {**fields, "services": as_set(keys.get(key, key) for key in service_keys)}
