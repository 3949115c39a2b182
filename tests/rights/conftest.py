"""The server of the tests that run against a real portal."""

from tests.runs.conftest import served

__all__ = ["served"]
