"""Pairs of several time points and channels, trained on and restored."""

from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np

from gvtstudio.domain.job import RestoreRequest, TrainRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.region import Region
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import read_card
from gvtstudio.io.pairs import pair_files
from gvtstudio.io.stacks import open_stack
from gvtstudio.tasks.denoising.pairs import load_fields
from gvtstudio.tasks.denoising.spec import DENOISING
from gvtstudio.tasks.denoising.train import train
from gvtstudio.training.volumes import VolumeHolder
from tests.engine.stacks_for_tests import do, write_stack
from tests.tasks.pairs_for_tests import QUICK, TINY
from tests.training.loops_for_tests import Heard

LEVELS = {0: (100, 20), 1: (3000, 400)}
"""Channel → its offset and its brightness."""


def write_pairs(folder: Path, count: int) -> TrainRequest:
    """Two time points of two channels, of which one is far brighter than the other."""
    for i in range(count):
        good = np.zeros((2, 8, 2, 24, 28), np.float32)
        for t in range(2):
            good[t, :, :, 4 + i + t : 16 + i + t, 6:18] = 1
        for channel, (offset, brightness) in LEVELS.items():
            good[:, :, channel] = offset + brightness * good[:, :, channel]
        poor = np.random.default_rng(i).poisson(good)
        for kind, image in (("low", poor), ("high", good)):
            path = folder / kind / f"{i}.ome.tif"
            write_stack(path, image.astype(np.uint16), "TZCYX")
    pairs = pair_files(folder / "low", folder / "high")
    return TrainRequest(
        task="denoising",
        pairs=tuple((str(a), str(b)) for a, b in pairs),
        parameters=QUICK,
        architecture_parameters=TINY,
        out=str(folder / "model.gvtmodel"),
        device="cpu",
        precision="float32",
    )


def test_every_channel_of_every_time_point_is_a_pair_on_its_own_scale(tmp_path: Path):
    request = write_pairs(tmp_path, 1)
    values = {p.name: p.default for p in DENOISING.train_parameters}
    holder = VolumeHolder(tmp_path / "job", Heard())
    ((field,), _) = load_fields(request, values, holder, Heard())
    lows = [pair.image_scale.low for pair in field.pairs]
    assert [pair.image.shape for pair in field.pairs] == 4 * [(8, 24, 28)]
    assert [70 < low < 101 for low in lows] == [True, False, True, False]
    assert [2800 < low < 3001 for low in lows] == [False, True, False, True]
    assert not np.array_equal(field.pairs[0].target, field.pairs[2].target)


def test_a_model_of_several_channels_restores_each_in_its_own_units(tmp_path: Path):
    request = write_pairs(tmp_path, 3)
    finished = train(request, JobFolder(tmp_path / "job"), Heard())
    card = read_card(Path(finished.outputs[0]))
    assert len([score for score in card.scores if score.metric == "psnr_db"]) == 4
    assert len({score.data for score in card.scores}) == 1  # no volume of a field is learned

    stack = request.pairs[0][0]
    wanted = RestoreRequest(
        input=stack, model=request.out, output_dir=str(tmp_path / "out"),
        device="cpu", precision="float32", dtype="float32",
    )  # fmt: skip
    restored, _ = do(wanted, tmp_path / "restoring")
    assert isinstance(restored, Finished)
    with closing(open_stack(Path(restored.outputs[0]))) as opened:
        assert opened.info.shape == (2, 8, 2, 24, 28)
        voxels = opened.read(Region.whole(opened.info.shape))
    for channel, (offset, brightness) in LEVELS.items():
        background = float(np.median(voxels[:, :, channel]))
        assert abs(background - offset) < 0.5 * brightness

    # a channel alone is restored as it is among others
    with closing(open_stack(Path(stack))) as opened:
        alone = opened.read(Region.whole(opened.info.shape).only(c=1))[:, :, 0]
    path = write_stack(tmp_path / "alone.ome.tif", alone, "TZYX")
    single, _ = do(msgspec.structs.replace(wanted, input=str(path)), tmp_path / "restoring")
    with closing(open_stack(Path(single.outputs[0]))) as opened:
        same = opened.read(Region.whole(opened.info.shape))
    np.testing.assert_array_equal(same[:, :, 0], voxels[:, :, 1])
