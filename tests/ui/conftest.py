"""A window with everything behind it, and a model small enough to restore in a second."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.places import models_dir
from gvtstudio.services.workbench import Workbench
from gvtstudio.ui.main_window import MainWindow


@pytest.fixture
def workbench(qtbot) -> Iterator[Workbench]:
    """All services with the real engine; ended after the test."""
    bench = Workbench()
    yield bench
    bench.shut_down()
    bench.deleteLater()


@pytest.fixture
def window(qtbot, workbench: Workbench) -> Iterator[MainWindow]:
    """The main window as a user with a small screen has it."""
    window = MainWindow(workbench)
    window.resize(1366, 768)
    window.show()
    qtbot.waitExposed(window)
    yield window
    workbench.shut_down()
    window.hide()
    window.deleteLater()


@pytest.fixture
def notices(workbench: Workbench) -> list:
    """Every notice of the test."""
    heard = []
    workbench.notifications.noticed.connect(heard.append)
    return heard


@pytest.fixture
def open_in(qtbot, window: MainWindow) -> Callable[[Path], StackInfo]:
    """Opens a file in the window as a drop does, and waits until it is there."""

    def open_path(path: Path) -> StackInfo:
        count = len(window.workbench.session.stacks)
        window.open_paths([str(path)])
        qtbot.waitUntil(lambda: len(window.workbench.session.stacks) == count + 1, timeout=20_000)
        return window.workbench.session.stacks[-1]

    return open_path


# Written by a process of its own: the window's process never imports torch, not even in tests.
_MAKE_MODEL = """
import sys
from pathlib import Path
import numpy as np
import torch
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.prediction.model import build_network, save_model

spec = ARCHITECTURES["gvtnet_denoising_3d"]
parameters = {"base_channels": 2, "heads": 1}
torch.manual_seed(0)
card = ModelCard(
    name="tiny", title="Tiny", summary="For tests.", task="denoising", architecture=spec.name,
    architecture_parameters=parameters, parameter_count=1, axes="ZYX",
    normalisation_percentiles=(2.0, 99.8),
)
example = np.zeros((4, 8, 8), np.float32)
save_model(Path(sys.argv[1]), build_network(spec, parameters), card, example, overwrite=False)
"""


@pytest.fixture(scope="session")
def tiny_model_file(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """An untrained network of two channels."""
    path = tmp_path_factory.mktemp("models") / "tiny.gvtmodel"
    subprocess.run([sys.executable, "-c", _MAKE_MODEL, str(path)], check=True, cwd=root)
    return path


@pytest.fixture
def tiny_model(isolated_home: Path, tiny_model_file: Path) -> None:
    """The tiny model is the only one on the shelf."""
    models_dir().mkdir(parents=True)
    shutil.copy(tiny_model_file, models_dir())
