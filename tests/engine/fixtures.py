from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.engine.stacks_for_tests import noisy, write_stack, write_tiny_model


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Small stacks gain nothing from more, and on a busy computer threads wait for one another."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that restores in milliseconds; what it makes is no picture."""
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny.gvtmodel")


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """One small noisy stack."""
    return write_stack(tmp_path / "in" / "cell.ome.tif", noisy())
