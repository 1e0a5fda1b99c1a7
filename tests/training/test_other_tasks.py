"""The loop serves tasks whose networks have several channels, classes or fewer axes."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.domain.messages import Preview, Score
from gvtstudio.domain.region import Region
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.stacks import open_stack
from gvtstudio.networks.care_projection.net import build as build_projection
from gvtstudio.networks.layers.network import Network
from gvtstudio.networks.layers.outputs import ClassScores, Restored
from gvtstudio.training.batches import step_seed
from gvtstudio.training.learner import SupervisedLearner
from gvtstudio.training.loop import Lesson, TrainingLoop
from gvtstudio.training.losses.absolute_error import mean_absolute_error
from gvtstudio.training.validation import Answers, PairsJudge
from tests.training.loops_for_tests import Heard, settings_with


class Classifier(Network):
    """Two channels in, three classes out, for every pixel by itself."""

    def __init__(self) -> None:
        super().__init__(PredictionNeeds((1, 1), (0, 0), streams_exactly=True), in_channels=2)
        self.layer = nn.Conv2d(2, 3, 1)

    def evaluate(self, x: torch.Tensor) -> ClassScores:
        return ClassScores(self.layer(x))


def labelled(step: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Volumes of two channels and the class of every voxel, which the channels tell."""
    generator = torch.Generator().manual_seed(step_seed(0, step))
    image = torch.rand((2, 2, 3, 8, 8), generator=generator)
    classes = (image[:, :1] > 0.5).long() + (image[:, 1:] > 0.5).long()
    return image, classes


def cross_entropy(output: ClassScores, classes: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(output.scores, classes[:, 0])


class ClassJudge:
    """Part of the pixels that are taken for another class."""

    score = "wrong"

    def numbers(self, answers: Answers) -> dict[str, float]:
        image, classes = labelled(10_000)
        wrong = answers(image).scores.argmax(1) != answers.fitted(classes)[:, 0]
        return {"wrong": float(wrong.float().mean())}

    def preview(self, answers: Answers) -> dict[str, np.ndarray]:
        return {}


def test_a_task_of_classes_is_learned_plane_by_plane(tmp_path: Path):
    heard = Heard()
    torch.manual_seed(0)
    settings = settings_with(steps=150, validation_every=50, learning_rate=0.05)
    loop = TrainingLoop(
        SupervisedLearner(Classifier(), cross_entropy, settings),
        Lesson(labelled, ClassJudge()),
        settings,
        folder=JobFolder(tmp_path),
        fingerprint="",
    )
    state = loop.run(heard)
    assert state.best_score < 0.5 * state.start_score
    assert [set(score.values) for score in heard.of(Score)][1:] == 3 * [
        {"loss", "wrong", "learning_rate", "best_step"}
    ]
    assert heard.of(Preview) == []
    assert not JobFolder(tmp_path).preview_dir.exists()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_volume_is_learned_to_become_an_image(tmp_path: Path, precision: str):
    def brightest(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        generator = torch.Generator().manual_seed(step_seed(0, step))
        volume = torch.rand((2, 1, 8, 16, 16), generator=generator)
        return volume, volume.amax(2)

    torch.manual_seed(0)
    image, target = brightest(10_000)
    settings = settings_with(steps=4, precision=precision)
    loop = TrainingLoop(
        SupervisedLearner(build_projection(), mean_absolute_error, settings),
        Lesson(brightest, PairsJudge([(image[:1], target[:1])])),
        settings,
        folder=JobFolder(tmp_path),
        fingerprint="",
    )
    heard = Heard()
    state = loop.run(heard)
    assert state.step == 4
    assert np.isfinite(state.best_score)
    with closing(open_stack(Path(heard.of(Preview)[-1].path))) as stack:
        assert stack.info.shape == (1, 1, 3, 16, 16)
        shown = stack.read(Region.whole(stack.info.shape))[0, 0]
    # the brightest voxels of the input are the target here
    np.testing.assert_array_equal(shown[0], shown[2])


class Doubler:
    """Answers with an image of twice the size, or with the planes of a volume as a batch."""

    def __init__(self, factor: int) -> None:
        self._factor = factor

    def __call__(self, image: torch.Tensor) -> Restored:
        size = (1, self._factor, self._factor)
        return Restored(functional.interpolate(image, scale_factor=size))

    def fitted(self, patches: torch.Tensor) -> torch.Tensor:
        return patches


def test_an_input_of_another_size_than_the_target_is_not_shown():
    image, target = torch.rand(1, 1, 1, 8, 8), torch.rand(1, 1, 1, 16, 16)
    judge = PairsJudge([(image, target)])
    assert {name: i.shape for name, i in judge.preview(Doubler(2)).items()} == {
        "now": (1, 16, 16),
        "target": (1, 16, 16),
    }


def test_a_preview_is_a_small_part_of_the_middle():
    image = torch.arange(40 * 200 * 100.0).reshape(1, 1, 40, 200, 100)
    shown = PairsJudge([(image, image + 1)]).preview(Doubler(1))
    expected = image[0, 0, 12:28, 52:148, 2:98].numpy()
    for name, offset in (("input", 0), ("now", 0), ("target", 1)):
        np.testing.assert_array_equal(shown[name], expected + offset)
