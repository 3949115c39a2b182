"""One portal's server for all tests of a process, a fresh portal for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.runs.world import Served, World


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("portals"))
    yield server
    server.stop()


@pytest.fixture
def world(served: Served) -> Iterator[World]:
    made = World(served)
    yield made
    made.close()
