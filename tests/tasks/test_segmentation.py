"""Segmentation from stacks and label volumes to a model, its card and its scores."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from gvtstudio.__main__ import main
from gvtstudio.domain.errors import InputRefused, ModelRefused, StackUnsuitable, UsageError
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import read_card
from gvtstudio.io.pairs import pair_files
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.prediction.model import build_network, load_model, save_model
from gvtstudio.tasks.segmentation.pairs import LabelledData, keep_apart, load_data
from gvtstudio.tasks.segmentation.spec import SEGMENTATION
from gvtstudio.tasks.segmentation.train import train
from gvtstudio.training.augmentations import AUGMENTATIONS
from gvtstudio.training.losses import LOSSES
from gvtstudio.training.volumes import VolumeHolder
from tests.engine.requests_for_tests import changed
from tests.training.loops_for_tests import Heard

tifffile = pytest.importorskip("tifffile")

QUICK = {
    "steps": 4, "validation_every": 2, "batch_size": 1, "patch_z": 8, "patch_yx": 16,
    "simulated_stacks": 2,
}  # fmt: skip
TINY = {"base_channels": 4, "references": 4}
DEFAULTS = {p.name: p.default for p in SEGMENTATION.train_parameters}
SHAPE = (8, 24, 32)
LABELS = (0, 7, 30)


def labels_of(seed: int, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    """A box of label 30 in a box of label 7; where they lie depends on the seed."""
    labels = np.zeros(shape, np.uint8)
    labels[:, 2 + seed : 18 + seed, 4:28] = 7
    labels[:, 6 + seed : 14 + seed, 10:22] = 30
    return labels


def image_of(labels: np.ndarray, seed: int, channels: int = 2) -> np.ndarray:
    """(Z, C, Y, X): one channel shows both boxes alike, the other the inner one alone."""
    noise = np.random.default_rng(seed).normal(0, 5, (channels, *labels.shape))
    seen = np.stack([100.0 * (labels > 0), 100.0 * (labels == 30)])[:channels]
    return (seen + noise + 200).astype(np.uint16).swapaxes(0, 1)


def write(path: Path, array: np.ndarray, axes: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, array, ome=True, metadata={"axes": axes})


def write_pairs(folder: Path, count: int = 3, channels: int = 2) -> TrainRequest:
    for i in range(count):
        labels = labels_of(i)
        write(folder / "in" / f"field {i}.ome.tif", image_of(labels, i, channels), "ZCYX")
        write(folder / "labels" / f"field {i}.ome.tif", labels, "ZYX")
    return request_for(folder)


def request_for(folder: Path) -> TrainRequest:
    pairs = pair_files(folder / "in", folder / "labels")
    return TrainRequest(
        task="segmentation",
        pairs=tuple((str(a), str(b)) for a, b in pairs),
        parameters=QUICK,
        architecture_parameters=TINY,
        out=str(folder / "model.gvtmodel"),
        device="cpu",
        precision="float32",
    )


def trained(request: TrainRequest, heard: Heard | None = None) -> tuple[Finished, ModelCard]:
    out = Path(request.out)
    finished = train(request, JobFolder(out.with_suffix(".training")), heard or Heard())
    return finished, read_card(out)


def loaded(request: TrainRequest) -> LabelledData:
    holder = VolumeHolder(Path(request.out).parent / "job", Heard())
    return load_data(request, DEFAULTS, holder, Heard())


@pytest.fixture
def request_of_three(tmp_path: Path) -> TrainRequest:
    return write_pairs(tmp_path)


def test_the_network_gets_better_than_a_guess_and_its_card_says_so(request_of_three):
    longer = {"steps": 80, "validation_every": 20, "batch_size": 2, "learning_rate": 0.01}
    request = changed(
        request_of_three,
        parameters={**QUICK, **longer},
        architecture_parameters={**TINY, "base_channels": 8, "dropout": 0.1},
    )
    finished, card = trained(request)
    assert card.labels == LABELS
    assert card.architecture_parameters["classes"] == 3
    assert card.architecture_parameters["in_channels"] == 2
    assert card.training["loss"] == "cross_entropy_dice"
    assert {score.metric for score in card.scores} == {"dice of 7", "dice of 30", "dice"}
    assert {score.normalisation for score in card.scores} == {"none"}
    assert all(score.baseline_name.startswith("k-means") for score in card.scores)
    numbers = finished.numbers
    assert numbers["raw_dice"] == 0  # all voxels background
    assert numbers["baseline_dice"] > 0.9  # brightness alone tells the boxes apart here
    assert numbers["restored_dice"] > 0.5
    means = [s.restored for s in card.scores if s.metric == "dice"]
    parts = [s.restored for s in card.scores if s.metric.startswith("dice of")]
    assert np.mean(parts) == pytest.approx(np.mean(means))
    assert numbers["restored_dice"] == pytest.approx(np.mean(means))


def test_what_is_kept_apart_is_shown_and_judged_while_it_learns(request_of_three):
    from gvtstudio.domain.messages import Preview, Score

    heard = Heard()
    trained(request_of_three, heard)
    names = {"loss", "validation_dice_missing", "validation_dice", "learning_rate", "best_step"}
    rows = heard.of(Score)
    assert [set(row.values) for row in rows[1:]] == [names, names]
    for row in rows:
        missing, dice = row.values["validation_dice_missing"], row.values["validation_dice"]
        assert missing == pytest.approx(1 - dice)
    assert len(heard.of(Preview)) == 3


def test_the_same_seed_gives_the_same_model_another_seed_another(tmp_path):
    hashes = []
    for i, seed in enumerate((1, 1, 2)):
        request = changed(
            write_pairs(tmp_path),
            out=str(tmp_path / f"{i}.gvtmodel"),
            parameters={**QUICK, "seed": seed, "workers": i},
        )
        hashes.append(trained(request)[1].weights_sha256)
    assert hashes[0] == hashes[1] != hashes[2]


def test_training_from_the_simulation(tmp_path):
    request = TrainRequest(
        task="segmentation", recipe="segmentation", parameters=QUICK, device="cpu",
        architecture_parameters=TINY, out=str(tmp_path / "m.gvtmodel"),
    )  # fmt: skip
    card = trained(request)[1]
    assert card.labels == (0, 1, 2, 3)
    assert "segmentation" in card.training_data[0].name
    assert card.voxel_size_um == ((3000, 3000), (1000, 1000), (1000, 1000))


@pytest.mark.parametrize("loss", ["cross_entropy", "dice"])
def test_every_loss_trains(request_of_three, loss: str):
    request = changed(request_of_three, parameters={**QUICK, "steps": 2, "loss": loss})
    assert trained(request)[1].training["loss"] == loss


def test_labels_need_not_follow_one_another(request_of_three):
    data = loaded(request_of_three)
    assert data.labels == LABELS
    assert data.channels == 2
    assert [field.name for field in data.fields] == [f"field {i}.ome.tif" for i in range(3)]


def test_one_channel_and_whole_numbers_of_a_real_type_will_do(tmp_path):
    request = write_pairs(tmp_path, channels=1)
    for i in range(3):
        path = tmp_path / "labels" / f"field {i}.ome.tif"
        write(path, labels_of(i).astype(np.float32), "ZYX")
    data = loaded(request)
    assert (data.labels, data.channels) == (LABELS, 1)
    assert trained(request)[1].architecture_parameters["in_channels"] == 1


def test_every_time_point_is_a_volume_of_its_field(tmp_path):
    labels = np.stack([labels_of(0), labels_of(3)])
    image = np.stack([image_of(volume, 0) for volume in labels])
    for i in range(2):
        write(tmp_path / "in" / f"{i}.ome.tif", image, "TZCYX")
        write(tmp_path / "labels" / f"{i}.ome.tif", labels, "TZYX")
    data = loaded(request_for(tmp_path))
    volumes = data.fields[0].volumes
    for t in (0, 1):
        np.testing.assert_array_equal(volumes[t].labels, labels[t])
        np.testing.assert_array_equal(volumes[t].channels[1], image[t, :, 1])


def test_one_field_is_left_out(request_of_three):
    fields = loaded(request_of_three).fields
    for number in (1, 2, 3):
        learned, apart = keep_apart(fields, {**DEFAULTS, "leave_out": number})
        assert apart == [fields[number - 1]]
        assert learned == [field for field in fields if field is not fields[number - 1]]
    learned, apart = keep_apart(fields, DEFAULTS)
    assert len(learned) == 2
    assert len(apart) == 1
    with pytest.raises(UsageError, match="no pair number 4") as refused:
        keep_apart(fields, {**DEFAULTS, "leave_out": 4})
    assert "1 to 3" in refused.value.remedy


def test_a_single_pair_is_refused_because_nothing_could_be_judged(tmp_path):
    with pytest.raises(InputRefused, match="One pair is not enough"):
        trained(changed(write_pairs(tmp_path, 1), parameters={**QUICK, "leave_out": 1}))


def fractions() -> np.ndarray:
    labels = labels_of(1).astype(np.float32)
    labels[3, 4, 5] = 6.5
    return labels


REFUSED_LABELS = {
    "sizes": (labels_of(1)[:, :20], "ZYX", r"field 1\.ome\.tif has different sizes"),
    "channels": (np.stack([labels_of(1)] * 2, 1), "ZCYX", "has 2 channels, but every voxel"),
    "fractions": (fractions(), "ZYX", r"field 1\.ome\.tif holds values with fractions"),
    "no numbers": (fractions() * np.nan, "ZYX", "with fractions, or none at all"),
    "negative": (labels_of(1).astype(np.int16) - 8, "ZYX", "negative label -8"),
    "too many": (
        np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE) // 20,
        "ZYX",
        "labels, but at most 255",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED_LABELS)
def test_labels_that_are_none_are_refused_in_words(request_of_three, tmp_path, case: str):
    labels, axes, words = REFUSED_LABELS[case]
    write(tmp_path / "labels" / "field 1.ome.tif", labels, axes)
    with pytest.raises(StackUnsuitable, match=words) as refused:
        loaded(request_of_three)
    assert refused.value.remedy


def test_a_single_label_everywhere_is_refused(request_of_three, tmp_path):
    for i in range(3):
        path = tmp_path / "labels" / f"field {i}.ome.tif"
        write(path, np.full(SHAPE, 5, np.uint8), "ZYX")
    with pytest.raises(InputRefused, match="have the label 5: there is nothing to tell apart"):
        loaded(request_of_three)


def test_a_field_of_one_label_alone_is_no_harm(request_of_three, tmp_path):
    write(tmp_path / "labels" / "field 1.ome.tif", np.full(SHAPE, 5, np.uint8), "ZYX")
    assert loaded(request_of_three).labels == (0, 5, 7, 30)


def test_other_channels_are_refused_by_name(request_of_three, tmp_path):
    write(tmp_path / "in" / "field 2.ome.tif", image_of(labels_of(2), 2, 1), "ZCYX")
    with pytest.raises(
        StackUnsuitable, match=r"field 2.* has 1 channel, but field 0\.ome\.tif has 2 channels"
    ):
        loaded(request_of_three)


def test_a_channel_that_shows_nothing_is_refused_by_name(request_of_three, tmp_path):
    image = image_of(labels_of(1), 1)
    image[:, 1] = 9
    write(tmp_path / "in" / "field 1.ome.tif", image, "ZCYX")
    with pytest.raises(StackUnsuitable, match=r"Channel 2 of field 1\.ome\.tif has the same"):
        loaded(request_of_three)


def test_what_the_pairs_settle_cannot_be_set_otherwise(request_of_three):
    fitting = changed(request_of_three, architecture_parameters={**TINY, "classes": 3})
    assert trained(fitting)[1].architecture_parameters["classes"] == 3
    request = changed(request_of_three, architecture_parameters={**TINY, "classes": 4})
    with pytest.raises(UsageError, match="classes cannot be 4: the pairs have 3"):
        trained(request)


def test_fine_tuning_keeps_the_labels_of_the_model(request_of_three, tmp_path):
    trained(request_of_three)
    for i in range(3):  # pairs that lack a label
        labels = labels_of(i)
        labels[labels == 7] = 0
        write(tmp_path / "labels" / f"field {i}.ome.tif", labels, "ZYX")
    request = changed(
        request_of_three,
        start_model=request_of_three.out,
        out=str(tmp_path / "tuned.gvtmodel"),
        parameters={**QUICK, "steps": 1, "learning_rate": 1e-6},
    )
    folder = JobFolder(tmp_path / "job")
    train(request, folder, Heard())
    assert read_card(folder.best_model_path).labels == LABELS
    start, tuned = (
        load_model(path).network.state_dict()
        for path in (Path(request.start_model), folder.best_model_path)
    )
    weights = [name for name in start if name.endswith("weight")]
    assert all(np.allclose(start[name], tuned[name], atol=1e-5) for name in weights)


def test_a_model_that_does_not_fit_the_pairs_is_not_adapted(request_of_three, tmp_path):
    trained(request_of_three)
    request = changed(
        request_of_three, start_model=request_of_three.out, out=str(tmp_path / "b.gvtmodel")
    )
    write(tmp_path / "labels" / "field 1.ome.tif", labels_of(1) + np.uint8(1), "ZYX")
    with pytest.raises(ModelRefused, match="does not know the label 1 of your pairs"):
        trained(request)
    other = write_pairs(tmp_path / "one", channels=1)
    with pytest.raises(ModelRefused, match="takes stacks of 2 channels, but yours have 1"):
        trained(changed(other, start_model=request_of_three.out))


def test_a_model_for_another_task_cannot_be_adapted(request_of_three, tmp_path):
    spec = ARCHITECTURES["gvtnet_denoising_3d"]
    network = build_network(spec, {"base_channels": 4})
    card = msgspec.structs.replace(
        read_card(_bundled()), architecture_parameters={"base_channels": 4}, name="other"
    )
    path = tmp_path / "other.gvtmodel"
    save_model(path, network, card, np.zeros((8, 16, 16), np.float32), overwrite=False)
    with pytest.raises(ModelRefused, match="made for denoising"):
        trained(changed(request_of_three, start_model=str(path)))


def _bundled() -> Path:
    from gvtstudio.io.model_shelf import find_model

    return find_model("denoise-fluorescence-3d")


def test_stacks_larger_than_the_memory_give_the_same_model(
    request_of_three, tmp_path, monkeypatch: pytest.MonkeyPatch
):
    hashes = []
    for i, free in enumerate((1 << 40, 0)):
        monkeypatch.setattr("gvtstudio.training.volumes.available_bytes", lambda free=free: free)
        request = changed(request_of_three, out=str(tmp_path / f"{i}.gvtmodel"))
        hashes.append(trained(request)[1].weights_sha256)
    assert hashes[0] == hashes[1]


def test_choices_that_are_declared_are_rows_of_their_tables():
    choices = {p.name: p.choices for p in SEGMENTATION.train_parameters}
    assert set(choices["loss"]) <= set(LOSSES)
    assert set(choices["augmentation"]) <= {*AUGMENTATIONS, "none"}


def test_the_command_line_trains_and_restores_labels(request_of_three, tmp_path, capsys):
    out = tmp_path / "mine.gvtmodel"
    options = [f"--{name.replace('_', '-')}={value}" for name, value in QUICK.items()]
    folders = [str(tmp_path / name) for name in ("in", "labels")]
    sizes = [word for name, value in TINY.items() for word in ("--set", f"{name}={value}")]
    given = ["train", "--task", "segmentation", "--pairs", *folders, "--out", str(out)]
    assert main([*given, *options, *sizes]) == 0
    assert "restored_dice" in capsys.readouterr().out
    restore = ["restore", request_of_three.pairs[0][0], "--model", str(out)]
    assert main([*restore, "--out", str(tmp_path / "out")]) == 0
    (written,) = (tmp_path / "out").glob("*.ome.tif")
    found = tifffile.imread(written)
    assert found.shape == SHAPE
    assert set(np.unique(found)) <= set(LABELS)
