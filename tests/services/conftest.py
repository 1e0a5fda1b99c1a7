"""Services with the stand-in engine, or with the real one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gvtstudio.services.workbench import Workbench
from tests.services.stand_in import write_stand_in


@pytest.fixture
def engine_command(tmp_path: Path) -> tuple[str, ...]:
    """The command of the stand-in engine."""
    return write_stand_in(tmp_path)


@pytest.fixture
def workbench(qtbot) -> Iterator[Workbench]:
    """All services with the real engine; ended after the test."""
    bench = Workbench()
    yield bench
    bench.shut_down()
    bench.deleteLater()
