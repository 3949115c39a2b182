"""The portal's databases and clock, for pages."""

from tests.portal.conftest import clock, database, postgres, store

__all__ = ["clock", "database", "postgres", "store"]
