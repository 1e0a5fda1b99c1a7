"""Simulated files: each holds its own shape, type, channels and voxel size."""

from pathlib import Path

import numpy as np
import pytest

from gvtstudio.domain.job import SimulateRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.region import Region
from gvtstudio.io.provenance_file import read_provenance
from gvtstudio.io.stacks import open_stack
from gvtstudio.simulation import RECIPES
from tests.engine.stacks_for_tests import do
from tests.simulation.recipes_for_tests import SMALL, simulated


def written(tmp_path: Path, recipe: str, **parameters) -> list[Path]:
    request = SimulateRequest(
        recipe=recipe, output_dir=str(tmp_path), seed=1, parameters={**SMALL, **parameters}
    )
    finished, _ = do(request, tmp_path / "job")
    assert isinstance(finished, Finished), finished
    assert [info.path for info in finished.stacks] == list(finished.outputs)
    return [Path(path) for path in finished.outputs]


@pytest.mark.parametrize("name", RECIPES)
def test_files_hold_what_the_recipe_gave(tmp_path: Path, name: str):
    paths = written(tmp_path, name)
    pair = simulated(name, seed=1)
    assert [path.parent.name for path in paths] == ["noisy", "truth"]
    assert paths[0].name == paths[1].name == f"{name}_0001.ome.tif"
    kinds = (
        (pair.noisy, pair.channels, pair.calibration),
        (pair.truth, pair.truth_channels or pair.channels,
         pair.truth_calibration or pair.calibration),
    )  # fmt: skip
    for path, (volume, channels, calibration) in zip(paths, kinds, strict=True):
        stack = open_stack(path)
        pixels = stack.read(Region.whole(stack.info.shape))
        stack.close()
        expected = volume if volume.ndim == 4 else volume[:, None]
        assert np.array_equal(pixels[0], expected)
        assert pixels.dtype == volume.dtype
        assert [c.name for c in stack.info.channels] == [c.name for c in channels]
        found = stack.info.calibration
        sizes = (calibration.z_um, calibration.y_um, calibration.x_um)
        assert (found.z_um, found.y_um, found.x_um) == pytest.approx(sizes)


def test_what_chance_chose_is_written_down(tmp_path: Path):
    path = written(tmp_path, "super-resolution", shift_pixels=3.0)[0]
    parameters = read_provenance(path).parameters
    pair = simulated("super-resolution", shift_pixels=3.0)
    assert parameters["shift_y"] == pytest.approx(pair.drawn["shift_y"])
    assert parameters["shift_pixels"] == 3.0
