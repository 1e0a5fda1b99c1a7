"""Pairs of transmitted light and fluorescence that cannot be used, or look odd, in words."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import tifffile

from gvtstudio.domain.errors import GvtError, InputRefused, StackUnsuitable, UsageError
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Log
from gvtstudio.imaging.resampling import resample_volume
from gvtstudio.tasks.label_free.pairs import Reading, StainedData, load_data
from gvtstudio.tasks.label_free.spec import LABEL_FREE
from gvtstudio.training.volumes import VolumeHolder
from tests.tasks.stains_for_tests import (
    LABELS,
    QUICK,
    SHAPE,
    cells,
    light_of,
    request_for,
    stains_of,
    trained,
    with_gt_unet,
    write,
    write_pairs,
)
from tests.training.loops_for_tests import Heard

DEFAULTS = {p.name: p.default for p in LABEL_FREE.train_parameters}


def loaded(request: TrainRequest, heard: Heard | None = None, **changes) -> StainedData:
    options = {
        "input_channel": 0, "pixel_um": 0.0, "has_classes": False,
        "takes_images": False,
    }  # fmt: skip
    reading = Reading(**{**options, **changes})
    hears = heard or Heard()
    holder = VolumeHolder(Path(request.out).parent / "job", hears)
    return load_data(request, DEFAULTS, reading, holder, hears)


def warnings_of(heard: Heard) -> str:
    return " ".join(m.text for m in heard.of(Log) if m.level == "warning")


@pytest.fixture
def request_of_three(tmp_path: Path) -> TrainRequest:
    return write_pairs(tmp_path)


def replace_light(folder: Path, array: np.ndarray, axes: str = "ZYX", names=()) -> None:
    write(folder / "light" / "field 1.ome.tif", array, axes, names)


def replace_stains(folder: Path, array: np.ndarray, axes: str = "ZCYX", names=LABELS) -> None:
    write(folder / "stains" / "field 1.ome.tif", array, axes, names)


def test_both_roles_are_normalised_by_their_own_mean_and_deviation(request_of_three):
    volume = loaded(request_of_three).volumes[1]
    image, stains = light_of(cells(1), 1), stains_of(cells(1))
    np.testing.assert_array_equal(volume.image, image)
    assert volume.scale.low == pytest.approx(image.mean())
    assert volume.scale.high == pytest.approx(image.mean() + image.std())
    for channel, scale in enumerate(volume.stain_scales):
        stain = stains[:, channel].astype(np.float64)
        assert scale.low == pytest.approx(stain.mean(), rel=1e-5)
        assert scale.high == pytest.approx(stain.mean() + stain.std(), rel=1e-5)


def test_channels_are_told_apart_by_their_names_not_by_their_order(request_of_three, tmp_path):
    replace_stains(tmp_path, stains_of(cells(1))[:, ::-1], names=LABELS[::-1])
    data = loaded(request_of_three)
    assert data.labels == LABELS
    np.testing.assert_allclose(data.volumes[1].stains[1], stains_of(cells(1))[:, 1])


def test_other_sizes_are_refused_by_name(request_of_three, tmp_path):
    replace_light(tmp_path, light_of(cells(1))[:, :40])
    with pytest.raises(StackUnsuitable, match=r"field 1\.ome\.tif has different sizes") as refused:
        loaded(request_of_three)
    assert "same voxels" in refused.value.remedy


def test_several_channels_of_the_input_need_a_number(request_of_three, tmp_path):
    both = np.stack([light_of(cells(1))] * 2, 1)
    replace_light(tmp_path, both, "ZCYX", ("DIC", "GFP"))
    with pytest.raises(StackUnsuitable, match="has 2 channels") as refused:
        loaded(request_of_three)
    assert "1 (DIC), 2 (GFP)" in refused.value.remedy
    with pytest.raises(UsageError, match="has no channel 3"):
        loaded(request_of_three, input_channel=3)


@pytest.mark.parametrize(
    "name", ["Bright field", "brightfield", "TL DIC", "BF", "Phase contrast", "TD_1"]
)
def test_transmitted_light_among_the_targets_is_refused(request_of_three, tmp_path, name: str):
    replace_stains(tmp_path, stains_of(cells(1)), names=("DAPI", name))
    with pytest.raises(StackUnsuitable, match="which is transmitted light") as refused:
        loaded(request_of_three)
    assert "Swap the two folders" in refused.value.remedy


@pytest.mark.parametrize("name", ["td-Tomato", "Phase-separated GFP", "BFP", "Dictyostelium"])
def test_names_of_stains_are_not_taken_for_transmitted_light(request_of_three, tmp_path, name: str):
    replace_stains(tmp_path, stains_of(cells(1)), names=("DAPI", name))
    assert name in loaded(request_of_three).labels


def test_folders_that_look_swapped_are_doubted(tmp_path):
    for number in range(2):
        spots = np.random.default_rng(number).poisson(0.02, SHAPE) * 500 + 100
        name = f"field {number}.ome.tif"
        write(tmp_path / "light" / name, spots.astype(np.uint16), "ZYX")
        light = np.random.default_rng(9).normal(2000, 50, SHAPE).astype(np.uint16)
        write(tmp_path / "stains" / name, light, "ZYX")
    heard = Heard()
    loaded(request_for(tmp_path), heard)
    assert "the two folders are swapped" in warnings_of(heard)


def test_right_roles_are_not_doubted(request_of_three):
    heard = Heard()
    loaded(request_of_three, heard)
    assert warnings_of(heard) == ""


def test_one_pair_alone_is_refused(tmp_path):
    with pytest.raises(InputRefused, match="One pair is not enough"):
        trained(write_pairs(tmp_path, 1))


def test_a_constant_input_is_refused_by_name(request_of_three, tmp_path):
    replace_light(tmp_path, np.full(SHAPE, 9, np.uint16))
    with pytest.raises(StackUnsuitable, match=r"light of field 1\.ome\.tif has the same value"):
        loaded(request_of_three)


def test_targets_that_show_nothing_at_all_are_refused_by_name(request_of_three, tmp_path):
    replace_stains(tmp_path, np.full((8, 2, 48, 56), 3, np.float32))
    with pytest.raises(StackUnsuitable, match="same value everywhere, in all channels") as refused:
        loaded(request_of_three)
    assert refused.value.remedy


def test_values_that_are_no_numbers_are_refused(request_of_three, tmp_path):
    stains = stains_of(cells(1))
    stains[3, 0, 5, 5] = np.nan
    replace_stains(tmp_path, stains)
    with pytest.raises(StackUnsuitable, match="no numbers"):
        loaded(request_of_three)


def test_negative_targets_are_pointed_out_and_taken(request_of_three, tmp_path):
    replace_stains(tmp_path, stains_of(cells(1)) - 300)
    heard = Heard()
    data = loaded(request_of_three, heard)
    assert "negative values (down to -29" in warnings_of(heard)
    assert "field 1.ome.tif" in warnings_of(heard)
    assert float(data.volumes[1].stains[0].min()) < 0


def test_few_planes_are_pointed_out(tmp_path):
    for number in range(2):
        structure = cells(number)[:2]
        name = f"field {number}.ome.tif"
        write(tmp_path / "light" / name, light_of(structure), "ZYX")
        write(tmp_path / "stains" / name, stains_of(structure), "ZCYX", LABELS)
    heard = Heard()
    loaded(request_for(tmp_path), heard)
    assert "only 2 planes" in warnings_of(heard)
    assert "gt_unet" in warnings_of(heard)


def test_single_planes_are_no_targets_for_a_network_of_volumes(tmp_path):
    with pytest.raises(StackUnsuitable, match="has a single plane, but the input 8") as refused:
        loaded(write_pairs(tmp_path, depth=1))
    assert "gt_unet" in refused.value.remedy


def test_more_planes_than_there_are_cannot_be_seen(request_of_three):
    with pytest.raises(UsageError, match="cannot see 9 planes at once: field 0") as refused:
        trained(with_gt_unet(request_of_three, planes=9))
    assert "up to 8" in refused.value.remedy


def test_stacks_that_become_one_plane_have_the_same_number_of_planes(tmp_path):
    request = write_pairs(tmp_path, depth=1)
    replace_light(tmp_path, light_of(cells(1))[:5])
    with pytest.raises(GvtError, match=r"field 1\.ome\.tif does not fit") as refused:
        trained(with_gt_unet(request))
    assert "8 planes" in refused.value.remedy


def test_pairs_are_brought_to_a_common_pixel_size(request_of_three):
    volume = loaded(request_of_three, pixel_um=0.4).volumes[0]
    assert volume.image.shape == (8, 24, 28)
    assert volume.shape == (8, 24, 28)
    expected = resample_volume(light_of(cells(0), 0), (8, 24, 28))
    np.testing.assert_allclose(volume.image, expected)
    told = msgspec.structs.replace(request_of_three, voxel_size="1,0.8,0.4")
    typed = loaded(told, pixel_um=0.4).volumes[0]
    assert typed.image.shape == (8, 96, 56)


def test_without_a_pixel_size_there_is_no_common_one(request_of_three, tmp_path):
    path = tmp_path / "light" / "field 1.ome.tif"
    tifffile.imwrite(path, light_of(cells(1)), ome=True, metadata={"axes": "ZYX"})
    with pytest.raises(StackUnsuitable, match="pixel size of field 1") as refused:
        loaded(request_of_three, pixel_um=0.4)
    assert "--voxel-size" in refused.value.remedy


def test_without_pairs_there_is_nothing_to_learn(request_of_three):
    with pytest.raises(InputRefused, match="learns from pairs"):
        loaded(msgspec.structs.replace(request_of_three, pairs=()))


def test_fields_of_several_time_points_have_as_many_volumes(tmp_path):
    for number in range(2):
        structure = np.stack([cells(number), cells(number + 5)])
        light = np.stack([light_of(each) for each in structure])
        stains = np.stack([stains_of(each) for each in structure])
        name = f"field {number}.ome.tif"
        write(tmp_path / "light" / name, light, "TZYX")
        write(tmp_path / "stains" / name, stains, "TZCYX", LABELS)
    data = loaded(request_for(tmp_path, parameters=QUICK))
    assert [len(field.volumes) for field in data.fields] == [2, 2]
    np.testing.assert_allclose(data.fields[0].volumes[1].stains[0], stains_of(cells(5))[:, 0])
