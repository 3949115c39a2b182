"""The portal's databases and clock, for pages."""

from tests.portal.conftest import clock, database, postgres, sqlite_template, store

__all__ = ["clock", "database", "postgres", "sqlite_template", "store"]
