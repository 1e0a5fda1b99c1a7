"""A view on real files, read by the real readers, on the offscreen platform."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from gvtstudio.domain.region import Region
from gvtstudio.io.stacks import inspect_stack
from gvtstudio.services.plane_cache import PlaneCache
from gvtstudio.ui.viewer.compare_view import CompareView, ViewerVolume

MakeVolume = Callable[..., ViewerVolume]


@pytest.fixture
def make_volume(tmp_path: Path) -> MakeVolume:
    """Writes a TZCYX array as ImageJ hyperstack, with a voxel size (z, x) in µm where given."""

    def make(
        voxels: np.ndarray,
        title: str = "Input",
        size_um: tuple[float, float] | None = None,
        origin: Region | None = None,
    ) -> ViewerVolume:
        path = tmp_path / f"{title}.tif"
        metadata: dict[str, object] = {"axes": "TZCYX"}
        resolution = None
        if size_um is not None:
            metadata |= {"spacing": size_um[0], "unit": "um"}
            resolution = (1 / size_um[1], 1 / size_um[1])
        tifffile.imwrite(path, voxels, imagej=True, metadata=metadata, resolution=resolution)
        return ViewerVolume(title, inspect_stack(path), origin)

    return make


@pytest.fixture
def cache(qapp) -> Iterator[PlaneCache]:
    cache = PlaneCache(limit_mb=64)
    yield cache
    cache.close_all()


@pytest.fixture
def view(qtbot, cache: PlaneCache) -> Iterator[CompareView]:
    view = CompareView(cache)
    qtbot.addWidget(view)
    view.resize(1100, 700)
    view.show()
    yield view
    view.clear()


@pytest.fixture
def show(qtbot, view: CompareView) -> Callable[..., CompareView]:
    """Shows volumes and waits until everything is on screen."""

    def show_volumes(*volumes: ViewerVolume) -> CompareView:
        view.set_volumes(volumes)
        qtbot.waitUntil(lambda: view.is_settled, timeout=5000)
        return view

    return show_volumes
