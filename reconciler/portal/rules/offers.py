"""Which services a contact may order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Values = Mapping[str, Any]


def offered(service: Values, contacts: Any, customers: Any) -> bool:
    """Whether a contact with these services, of a customer with these, may order the service.

    `available_to_all` stands in for the customer's list only: a contact's own list always restricts.
    """
    return open_to_customer(service, customers) and _names(contacts, service["code"])


def open_to_customer(service: Values, customers: Any) -> bool:
    """Whether a customer with these services may order the service."""
    return bool(service["available_to_all"]) or _names(customers, service["code"])


def _names(services: Any, code: str) -> bool:
    return services == "all" or code in services
