"""Volumes made coarse while they are read."""

import numpy as np
import pytest
import tifffile

from gvtstudio.imaging.volume_view import joined
from gvtstudio.io.stacks import inspect_stack
from gvtstudio.services import volume_reading
from gvtstudio.services.plane_source import NoLongerWanted
from gvtstudio.services.volume_reading import SeenVolume, read_solid

VOXEL = (2.0, 1.0, 1.0)


@pytest.fixture
def voxels() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 9999, (13, 22, 31)).astype(np.uint16)


@pytest.fixture
def seen(tmp_path, voxels) -> SeenVolume:
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, voxels, imagej=True, metadata={"axes": "ZYX"})
    return SeenVolume(inspect_stack(path), 0, 0, VOXEL)


@pytest.mark.parametrize("piece_bytes", [100, 3000, 10**7])
@pytest.mark.parametrize(("most", "factors"), [(10**6, (1, 1, 1)), (700, (1, 3, 3))])
def test_pieces_make_the_whole(seen, voxels, monkeypatch, piece_bytes, most, factors) -> None:
    monkeypatch.setattr(volume_reading, "PIECE_BYTES", piece_bytes)
    told = []

    solid = read_solid(seen, most, told.append, lambda: True)

    expected = tuple(round(step / own) for step, own in zip(solid.voxel, VOXEL, strict=True))
    assert solid.values.size <= most
    assert np.array_equal(solid.values, joined(voxels, expected))
    assert solid.size == (26.0, 22.0, 31.0)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)
    assert factors == (1, 1, 1) or expected != (1, 1, 1)


def test_planes_are_left_out_of_what_takes_too_long(seen, voxels, monkeypatch) -> None:
    monkeypatch.setattr(volume_reading, "READ_BYTES", voxels.nbytes // 2)

    solid = read_solid(seen, 200, lambda part: None, lambda: True)

    factors = tuple(round(step / own) for step, own in zip(solid.voxel, VOXEL, strict=True))
    assert factors[0] > 1
    kept = [z for z in range(13) if z % factors[0] % 2 == 0]
    thinned = np.zeros_like(voxels)
    thinned[kept] = voxels[kept]
    assert np.array_equal(solid.values, joined(thinned, factors))


def test_reading_ends_when_it_is_not_wanted(seen) -> None:
    with pytest.raises(NoLongerWanted):
        read_solid(seen, 10**6, lambda part: None, lambda: False)
