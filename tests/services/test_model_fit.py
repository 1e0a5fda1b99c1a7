import msgspec
import pytest

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.stack import StackInfo
from gvtstudio.services.model_fit import (
    knows_odds,
    model_fit,
    offered_calibration,
    tells_uncertainty,
    uses_context,
)

CARD = ModelCard(
    name="m",
    title="M",
    summary="S.",
    task="denoising",
    architecture="a",
    architecture_parameters={},
    parameter_count=1,
    axes="ZYX",
    normalisation_percentiles=(2.0, 99.8),
    voxel_size_um=((0.2, 1.0), (0.05, 0.2), (0.05, 0.2)),
)
GOOD = Calibration(z_um=0.3, y_um=0.1, x_um=0.1, source="file")


def stack(slices: int = 9, calibration: Calibration = GOOD, *, is_rgb: bool = False) -> StackInfo:
    shape = (1, slices, 1, 8, 8)
    return StackInfo("a.tif", shape, "uint8", default_channels(1), calibration, is_rgb=is_rgb)


@pytest.mark.parametrize(
    "calibration",
    [GOOD, Calibration(), msgspec.structs.replace(GOOD, x_um=0.203, y_um=0.203)],
    ids=["inside", "unknown", "rounding"],
)
def test_nothing_speaks_against_a_stack_like_those_of_the_training(calibration):
    assert model_fit(CARD, stack(calibration=calibration)).is_good


def test_voxel_size_never_seen_is_told_once_per_direction():
    coarse = Calibration(z_um=5.0, y_um=0.5, x_um=0.5)
    doubts = model_fit(CARD, stack(calibration=coarse)).doubts
    assert len(doubts) == 2
    assert "slice distance is 5 µm" in doubts[0]
    assert "pixel size is 0.5 µm; the model has seen 0.05 to 0.2 µm" in doubts[1]


def sizes_offered(card: ModelCard, info: StackInfo) -> tuple[float | None, ...] | None:
    offered = offered_calibration(card, info)
    return None if offered is None else (offered.z_um, offered.y_um, offered.x_um)


@pytest.mark.parametrize(
    ("own", "offered"),
    [
        ((0.3, 0.1, 0.1), None),
        ((0.3, 0.209, 0.209), None),  # rounding
        ((0.3, 0.4, 0.4), (0.3, 0.2, 0.2)),
        ((0.3, 0.01, 0.1), (0.3, 0.05, 0.1)),
        ((0.05, 0.1, 0.1), (0.2, 0.1, 0.1)),
        ((2.0, 0.4, 0.02), (1.0, 0.2, 0.05)),
        ((None, 0.4, 0.4), None),
        ((0.3, None, None), None),
    ],
)
def test_the_nearest_voxel_size_seen_is_offered_for_each_axis(own, offered):
    calibration = Calibration(*own, source="file")
    assert sizes_offered(CARD, stack(calibration=calibration)) == offered


@pytest.mark.parametrize(
    ("changes", "slices", "offered"),
    [
        ({}, 1, (5.0, 0.2, 0.2)),  # one plane has no distance to another
        ({"axes": "YX"}, 9, (5.0, 0.2, 0.2)),  # every plane by itself
        ({"axes": "YX", "channels": ("DNA",), "architecture_parameters": {"in_channels": 7},
          "task": "label_free"}, 9, (1.0, 0.2, 0.2)),  # planes around
        ({"gives_one_plane": True}, 9, (5.0, 0.2, 0.2)),
        ({"work_voxel_um": (0.0, 0.3, 0.3)}, 9, (1.0, 0.4, 0.4)),
        ({"voxel_size_um": ()}, 9, None),
        ({"voxel_size_um": ((0.0, 0.0), (0.05, 0.2), (0.05, 0.2))}, 9, (5.0, 0.2, 0.2)),
        ({"task": "super_resolution"}, 9, None),
        ({"task": "isotropic"}, 9, None),
        ({"task": "of a newer version"}, 9, None),
    ],
)  # fmt: skip
def test_planes_are_resampled_only_where_the_network_minds_their_distance(changes, slices, offered):
    card = msgspec.structs.replace(CARD, **changes)
    info = stack(slices, Calibration(5.0, 0.4, 0.4, source="file"))
    assert sizes_offered(card, info) == offered


def test_single_slice_does_not_suit_a_model_for_volumes():
    assert "single slice" in model_fit(CARD, stack(slices=1)).doubts[0]
    flat = msgspec.structs.replace(CARD, axes="YX", voxel_size_um=())
    assert model_fit(flat, stack(slices=1)).is_good


def test_colour_picture_is_no_measurement():
    assert not model_fit(CARD, stack(is_rgb=True)).is_good


@pytest.mark.parametrize(
    ("architecture", "task", "is_used"),
    [
        ("gvtnet_denoising_3d", "denoising", True),
        ("aeanet_denoising_3d", "denoising", True),
        ("care_3d", "denoising", False),  # no layer looks at the whole
        ("cnnt", "denoising", False),  # blended tiles are its only context
        ("gvtnet_projection", "projection", False),  # a picture, not a volume
        ("of another version", "denoising", False),
    ],
)
def test_context_means_something_for_networks_that_exchange_sums(architecture, task, is_used):
    card = msgspec.structs.replace(CARD, architecture=architecture, task=task)
    assert uses_context(card) == is_used


@pytest.mark.parametrize(
    ("architecture", "parameters", "task", "expected"),
    [
        ("gvtnet_denoising_3d", {"has_scale_head": True}, "denoising", True),
        ("gvtnet_denoising_3d", {"has_scale_head": False}, "denoising", False),
        ("rcan_3d", {}, "denoising", False),
        ("gt_unet", {}, "label_free", True),
        ("gvtnet_label_free", {}, "label_free", False),
        ("gvtnet_denoising_3d", {"has_scale_head": True}, "of a newer version", False),
        ("of a newer version", {}, "denoising", False),
    ],
)
def test_only_some_models_tell_how_unsure_they_are(architecture, parameters, task, expected):
    card = msgspec.structs.replace(
        CARD, architecture=architecture, architecture_parameters=parameters, task=task
    )
    assert tells_uncertainty(card) is expected


def test_a_statistic_means_something_where_odds_are_known():
    card = msgspec.structs.replace(CARD, architecture="gt_unet", task="label_free")
    assert knows_odds(card)
    assert not knows_odds(msgspec.structs.replace(card, architecture="fnet"))
    assert not knows_odds(msgspec.structs.replace(card, task="of a newer version"))


def test_a_model_that_sees_all_slices_at_once_doubts_other_numbers_of_them():
    card = msgspec.structs.replace(
        CARD, axes="YX", architecture_parameters={"in_channels": 7}, gives_one_plane=True
    )
    (doubt,) = model_fit(card, stack(slices=9)).doubts
    assert "sees 7 slices at once, and this stack has 9" in doubt
    assert model_fit(card, stack(slices=7)).is_good
