"""Label-free prediction from pairs or a simulation to a model, its card and its scores."""

from pathlib import Path

import numpy as np
import pytest

from gvtstudio.__main__ import main
from gvtstudio.domain.errors import ModelRefused, UsageError
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Log, Preview, Score
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import read_card
from gvtstudio.io.stacks import inspect_stack
from gvtstudio.tasks.label_free import pairs
from gvtstudio.tasks.label_free.spec import LABEL_FREE
from gvtstudio.tasks.label_free.train import train
from gvtstudio.training.augmentations import AUGMENTATIONS
from tests.engine.requests_for_tests import changed
from tests.tasks.stains_for_tests import (
    LABELS,
    QUICK,
    SHAPE,
    TINY_GT_UNET,
    TINY_GVTNET,
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


@pytest.fixture
def request_of_three(tmp_path: Path) -> TrainRequest:
    return write_pairs(tmp_path)


def test_the_network_learns_all_stains_and_its_card_says_so(request_of_three):
    longer = {"steps": 60, "validation_every": 20, "batch_size": 2, "learning_rate": 0.01}
    request = changed(
        request_of_three,
        parameters={**QUICK, **longer},
        architecture_parameters={"base_channels": 8},
    )
    finished, card = trained(request)
    assert card.channels == LABELS
    assert card.normalisation == "mean_std"
    assert card.architecture_parameters["out_channels"] == 2
    assert card.training["loss"] == "masked_mse"
    assert not card.gives_one_plane
    assert {s.metric for s in card.scores} == {
        "pearson_r",
        "pearson_r of DAPI",
        "pearson_r of Actin",
    }
    of_dapi = next(s for s in card.scores if s.metric == "pearson_r of DAPI")
    assert of_dapi.raw < -0.9  # cells take light away
    assert of_dapi.baseline_name.startswith("inverted")
    assert of_dapi.restored > 0.8
    assert finished.numbers["restored_pearson_r"] > 0.5
    assert "held-out pair" in finished.verdict


def test_channels_stand_for_the_grey_values_of_what_was_learned(tmp_path):
    request = write_pairs(tmp_path, 2)
    _, card = trained(request)
    scales = []
    for number in range(2):
        stains = stains_of(cells(number)).astype(np.float64)
        mean, sd = stains.mean((0, 2, 3)), stains.std((0, 2, 3))
        scales.append(np.stack([mean, mean + sd], 1))
    # which of the two was learned from is a matter of the seed
    assert any(np.allclose(card.channel_scales, scale, rtol=1e-4) for scale in scales)


@pytest.mark.parametrize("network", ["fnet", "gvtnet_label_free"])
def test_networks_for_volumes_train(request_of_three, network: str):
    request = changed(request_of_three, architecture=network)
    card = trained(request)[1]
    assert (card.architecture, card.axes, card.architecture_parameters["in_channels"]) == (
        network,
        "ZYX",
        1,
    )


def test_a_network_for_images_sees_planes_around(request_of_three):
    card = trained(with_gt_unet(request_of_three, planes=3))[1]
    values = card.architecture_parameters
    assert (values["in_channels"], values["targets"], values["window"]) == (3, 2, 16)
    assert card.training["loss"] == "masked_cross_entropy"
    assert card.training["patch"] == "1,16,16"
    assert not card.gives_one_plane
    # as many as there are, where nothing is said
    assert (
        trained(changed(with_gt_unet(request_of_three), overwrite=True))[1].architecture_parameters[
            "in_channels"
        ]
        == SHAPE[0]
    )


def test_classes_span_the_brightness_of_the_targets(tmp_path):
    card = trained(with_gt_unet(write_pairs(tmp_path, 2)))[1]
    expected = [np.percentile(stains_of(cells(n)), (0.1, 99.9), (0, 2, 3)).T for n in range(2)]
    assert any(np.allclose(card.channel_scales, scale, rtol=1e-3) for scale in expected)


def test_a_stack_may_become_a_single_plane(tmp_path):
    card = trained(with_gt_unet(write_pairs(tmp_path, depth=1)))[1]
    assert card.gives_one_plane
    assert card.architecture_parameters["in_channels"] == SHAPE[0]


def test_a_common_pixel_size_is_settled_in_the_card(request_of_three):
    request = changed(request_of_three, parameters={**QUICK, "pixel_um": 0.4})
    card = trained(request)[1]
    assert card.work_voxel_um == (0.0, 0.4, 0.4)
    assert card.voxel_size_um[0] == (0.5, 0.5)


def test_a_label_that_some_fields_lack_is_learned_from_the_others(tmp_path):
    write_pairs(tmp_path, 4)
    for number, axes in ((0, "ZYX"), (1, "ZCYX")):
        stains = stains_of(cells(number))
        path = tmp_path / "stains" / f"field {number}.ome.tif"
        if axes == "ZYX":
            write(path, stains[:, 0], axes, LABELS[:1])
        else:  # the channel is there and shows nothing
            stains[:, 1] = 7
            write(path, stains, axes, LABELS)
    heard = Heard()
    card = trained(request_for(tmp_path), heard)[1]
    assert card.channels == LABELS
    said = " ".join(message.text for message in heard.of(Log))
    assert "Actin is missing in 2 of 4 volumes" in said
    assert card.channel_scales[1][0] == pytest.approx(5.5, abs=0.5)


def test_training_from_the_simulation(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pairs, "SIMULATED", {"size_z": 8, "size_y": 48, "size_x": 48})
    request = TrainRequest(
        task="label_free", recipe="label-free", parameters=QUICK, device="cpu",
        architecture_parameters=TINY_GVTNET, out=str(tmp_path / "m.gvtmodel"),
    )  # fmt: skip
    card = trained(request)[1]
    assert card.channels == ("Nuclei", "Membranes", "Granules")
    assert "label-free" in card.training_data[0].name


def test_what_is_kept_apart_is_shown_and_judged_while_it_learns(request_of_three):
    heard = Heard()
    trained(with_gt_unet(request_of_three, planes=3), heard)
    names = {"loss", "validation_mse", "validation_pearson", "learning_rate", "best_step"}
    assert [set(row.values) for row in heard.of(Score)[1:]] == [names, names]
    assert len(heard.of(Preview)) == 3


@pytest.mark.parametrize("network", ["gvtnet_label_free", "gt_unet"])
def test_the_same_seed_gives_the_same_model(request_of_three, tmp_path, network: str):
    request = request_of_three if network != "gt_unet" else with_gt_unet(request_of_three, planes=3)
    hashes = []
    for i, seed in enumerate((1, 1, 2)):
        values = {**request.parameters, "seed": seed, "workers": i}
        again = changed(request, out=str(tmp_path / f"{i}.gvtmodel"), parameters=values)
        hashes.append(trained(again)[1].weights_sha256)
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_channel_of_the_input_can_be_named_by_its_number(tmp_path):
    for number in range(2):
        structure = cells(number)
        both = np.stack([np.full(SHAPE, 7), light_of(structure)], 1).astype(np.uint16)
        name = f"field {number}.ome.tif"
        write(tmp_path / "light" / name, both, "ZCYX", ("GFP", "DIC"))
        write(tmp_path / "stains" / name, stains_of(structure), "ZCYX", LABELS)
    request = request_for(tmp_path, parameters={**QUICK, "input_channel": 2})
    assert trained(request)[1].channels == LABELS


def test_adapting_keeps_the_labels_of_the_model(request_of_three, tmp_path):
    trained(request_of_three)
    for number in range(3):
        path = tmp_path / "stains" / f"field {number}.ome.tif"
        write(path, stains_of(cells(number))[:, 1], "ZYX", ("Actin",))
    request = request_for(
        tmp_path,
        start_model=request_of_three.out,
        out=str(tmp_path / "tuned.gvtmodel"),
        parameters={**QUICK, "steps": 6},
    )
    folder = JobFolder(tmp_path / "tuned.training")
    finished = train(request, folder, Heard())
    assert "backbone" in finished.verdict
    # the verdict may keep the backbone; the best is in the folder anyway
    assert read_card(folder.best_model_path).channels == LABELS


def test_a_model_that_does_not_know_a_label_is_not_adapted(request_of_three, tmp_path):
    trained(request_of_three)
    for number in range(3):
        path = tmp_path / "stains" / f"field {number}.ome.tif"
        write(path, stains_of(cells(number)), "ZCYX", ("DAPI", "Tubulin"))
    request = request_for(
        tmp_path, start_model=request_of_three.out, out=str(tmp_path / "b.gvtmodel")
    )
    with pytest.raises(ModelRefused, match="does not know the label Tubulin") as refused:
        trained(request)
    assert "DAPI, Actin" in refused.value.remedy
    with pytest.raises(UsageError, match="pixels as they are, not on 0"):
        trained(changed(request, parameters={**QUICK, "pixel_um": 0.3}))


def test_what_the_pairs_settle_cannot_be_set_otherwise(request_of_three):
    request = changed(request_of_three, architecture_parameters={**TINY_GVTNET, "out_channels": 5})
    with pytest.raises(UsageError, match="out_channels cannot be 5: the pairs have 2"):
        trained(request)
    request = with_gt_unet(request_of_three, planes=3)
    request = changed(request, architecture_parameters={**TINY_GT_UNET, "targets": 9})
    with pytest.raises(UsageError, match="targets cannot be 9"):
        trained(request)


def test_choices_that_are_declared_are_rows_of_their_tables():
    choices = {p.name: p.choices for p in LABEL_FREE.train_parameters}
    assert set(choices["augmentation"]) <= {*AUGMENTATIONS, "none"}


def test_the_command_line_trains_and_predicts(tmp_path, capsys):
    write_pairs(tmp_path)
    out = tmp_path / "mine.gvtmodel"
    options = [f"--{name.replace('_', '-')}={value}" for name, value in QUICK.items()]
    folders = [str(tmp_path / name) for name in ("light", "stains")]
    given = ["train", "--task", "label_free", "--pairs", *folders, "--out", str(out)]
    assert main([*given, *options, "--set", "base_channels=4"]) == 0
    assert "restored_pearson_r" in capsys.readouterr().out
    stack = str(tmp_path / "light" / "field 0.ome.tif")
    assert main(["restore", stack, "--model", str(out), "--out", str(tmp_path / "out")]) == 0
    (written,) = (tmp_path / "out").glob("*_predicted_mine.ome.tif")
    info = inspect_stack(written)
    assert [channel.name for channel in info.channels] == list(LABELS)
    assert (info.shape, info.dtype) == ((1, 8, 2, 48, 56), "float32")
