"""The services that a contact may order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Values = Mapping[str, Any]


def may_order_service(service: Values, contacts: Any, customers: Any) -> bool:
    """Return whether a contact with these services, at such a customer, may order the service.

    `available_to_all` replaces only the customer's list: a contact's own list always restricts.
    """
    return is_open_to_customer(service, customers) and _contains(contacts, service["code"])


def is_open_to_customer(service: Values, customers: Any) -> bool:
    """Return whether a customer with these services may order the service."""
    return bool(service["available_to_all"]) or _contains(customers, service["code"])


def _contains(services: Any, code: str) -> bool:
    return services == "all" or code in services
