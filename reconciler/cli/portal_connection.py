"""A connection to a portal, for use cases that start that portal themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from reconciler.adapters.address import Address
from reconciler.adapters.reader import PortalReader
from reconciler.adapters.writer import PortalWriter


@contextmanager
def connect(url: str, token: str) -> Iterator[tuple[PortalReader, PortalWriter]]:
    """Yield both clients of the portal and close them at the end."""
    address = Address(url, token)
    with closing(PortalReader(address)) as reader, closing(PortalWriter(address)) as writer:
        yield reader, writer
