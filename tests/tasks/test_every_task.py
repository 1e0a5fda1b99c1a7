"""What holds for every task: trained from a simulation, again the same, and after any stop too."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from gvtstudio.domain.job import RestoreRequest, SimulateRequest, TrainRequest
from gvtstudio.domain.messages import Finished, Log, Progress, Stopped
from gvtstudio.engine.cancel import CancelFlag
from gvtstudio.engine.dispatch import run_request
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import read_package
from gvtstudio.simulation import RECIPES
from gvtstudio.tasks import TASKS
from tests.engine.stacks_for_tests import do
from tests.training.loops_for_tests import Heard

SMALL = {
    "steps": 6, "validation_every": 3, "batch_size": 2, "patch_z": 8, "patch_yx": 32,
    "simulated_stacks": 3, "warm_up": 1, "partner_channels": 4, "seed": 7,
}  # fmt: skip
SMALL_STACK = {"size_z": 12, "size_y": 48, "size_x": 48}


def recipe_of(task: str) -> str:
    return next(recipe.name for recipe in RECIPES.values() if recipe.task == task)


def request_for(task: str, out: Path, **changes) -> TrainRequest:
    declared = {row.name for row in TASKS[task].train_parameters}
    return TrainRequest(
        task=task,
        recipe=recipe_of(task),
        architecture_parameters={"base_channels": 4},
        parameters={name: value for name, value in SMALL.items() if name in declared},
        out=str(out / "m.gvtmodel"),
        device="cpu",
        precision="float32",
        overwrite=True,
        **changes,
    )


def stopped_at(step: int, request: TrainRequest, folder: Path) -> None:
    def act(message: Progress, flag: CancelFlag) -> None:
        if (message.stage, message.done) == ("Training", step):
            flag.set()

    folder.mkdir(exist_ok=True)
    ending = run_request(request, JobFolder(folder), Heard(act))
    assert isinstance(ending, Stopped), ending


@pytest.fixture(scope="module", params=TASKS)
def trained(request, tmp_path_factory) -> tuple[str, Path]:
    """A task, and the folder of a model that was trained for it without a break."""
    folder = tmp_path_factory.mktemp(request.param)
    ending, _ = do(request_for(request.param, folder), folder / "job")
    assert isinstance(ending, Finished), ending
    assert ending.outputs == (str(folder / "m.gvtmodel"),)
    return request.param, folder


def weights(folder: Path) -> bytes:
    return read_package(folder / "m.gvtmodel").card.weights_sha256


def test_the_same_seed_gives_the_same_model_and_another_another(trained, tmp_path):
    task, folder = trained
    do(request_for(task, tmp_path), tmp_path / "job")
    assert weights(tmp_path) == weights(folder)
    (tmp_path / "other").mkdir()
    other = request_for(task, tmp_path / "other")
    other.parameters["seed"] = 8
    do(other, tmp_path / "job other")
    assert weights(tmp_path / "other") != weights(folder)


def test_a_training_stopped_and_gone_on_with_gives_the_same_model(trained, tmp_path):
    task, folder = trained
    step = int(np.random.default_rng(len(task)).integers(1, 6))
    stopped_at(step, request_for(task, tmp_path), tmp_path / "job")
    ending, _ = do(request_for(task, tmp_path, resume=True), tmp_path / "job")
    assert isinstance(ending, Finished), ending
    assert weights(tmp_path) == weights(folder)


def test_its_model_can_be_adapted_and_ends_with_a_verdict(trained, tmp_path):
    task, folder = trained
    request = request_for(task, tmp_path, start_model=str(folder / "m.gvtmodel"))
    adapted, said = do(request, tmp_path / "job")
    assert isinstance(adapted, Finished), adapted
    written = (tmp_path / "m.gvtmodel").is_file()
    assert written == bool(adapted.outputs)
    if TASKS[task].learns_alone:
        return  # there is no truth to judge by
    assert "the adapted model reaches" in adapted.verdict
    assert written != ("The backbone is kept" in adapted.verdict)
    assert any(name.startswith("backbone_") for name in adapted.numbers)
    assert any(isinstance(each, Log) and each.text == adapted.verdict for each in said)


def test_what_was_learned_restores_a_stack_never_seen(trained, tmp_path):
    task, folder = trained
    recipe = RECIPES[recipe_of(task)]
    declared = {row.name for row in recipe.parameters}
    size = {name: value for name, value in SMALL_STACK.items() if name in declared}
    simulate = SimulateRequest(
        recipe=recipe.name, output_dir=str(tmp_path / "new"), seed=99, parameters=size
    )
    simulated, _ = do(simulate, tmp_path / "job new")
    assert isinstance(simulated, Finished), simulated
    restore = RestoreRequest(
        input=simulated.outputs[0], model=str(folder / "m.gvtmodel"),
        output_dir=str(tmp_path / "out"), device="cpu",
    )  # fmt: skip
    ending, _ = do(restore, tmp_path / "job restore")
    assert isinstance(ending, Finished), ending
    source, result = simulated.stacks[0], ending.stacks[0]
    assert TASKS[task].output_suffix in result.name
    if TASKS[task].grid == "input" and not TASKS[task].projects:
        assert result.shape[-2:] == source.shape[-2:]


def test_a_typed_voxel_size_counts_in_training(trained, tmp_path):
    """The pairs are written by simulation, and then learned from as files."""
    task, _ = trained
    recipe = RECIPES[recipe_of(task)]
    declared = {row.name for row in recipe.parameters}
    simulate = SimulateRequest(
        recipe=recipe.name, output_dir=str(tmp_path / "new"), count=2, seed=30,
        parameters={name: value for name, value in SMALL_STACK.items() if name in declared},
    )  # fmt: skip
    do(simulate, tmp_path / "job new")
    inputs = sorted((tmp_path / "new" / "noisy").glob("*.tif"))
    pairs = tuple((str(path), str(tmp_path / "new" / "truth" / path.name)) for path in inputs)
    files = {"stacks": (pairs[0][0],)} if TASKS[task].learns_alone else {"pairs": pairs}
    typed = msgspec.structs.replace(
        request_for(task, tmp_path), recipe="", voxel_size="0.6,0.2,0.2", **files
    )
    typed.parameters.pop("simulated_stacks", None)
    if task == "super_resolution":
        # in so small a field too little is found to register it
        typed.parameters.update(registration="none", magnification=2.0)
    ending, _ = do(typed, tmp_path / "job")
    assert isinstance(ending, Finished), ending
    seen = read_package(tmp_path / "m.gvtmodel").card.voxel_size_um
    assert seen[0] == (0.6, 0.6)
    assert seen[1:] == ((0.2, 0.2), (0.2, 0.2))
