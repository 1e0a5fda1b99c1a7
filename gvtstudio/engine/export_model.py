"""Write a model as a package for bioimage.io, with a simulated image it can be tested with."""

from pathlib import Path

import numpy as np
import torch

from gvtstudio.domain.architecture import PredictionNeeds
from gvtstudio.domain.errors import ModelRefused
from gvtstudio.domain.job import ExportModelRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.parameters import validated_values
from gvtstudio.domain.specs import load_callable
from gvtstudio.engine.reporter import Reporter
from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.io.atomic import refuse_existing, refuse_unwritable
from gvtstudio.io.bioimage_description import ExportedModel, scaling_of
from gvtstudio.io.bioimage_package import ExportedFiles, write_bioimage_package
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.io.model_package import MODEL_SUFFIX
from gvtstudio.io.model_shelf import find_model, list_models
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.prediction.model import LoadedModel, load_model
from gvtstudio.prediction.torchscript import as_torchscript
from gvtstudio.simulation import RECIPES
from gvtstudio.tasks import TASKS, ZERO_SHOT

AUTHORS_OF_BUNDLED = ("The GVT Studio authors",)
TEST_SIZE = (16, 64, 64)
"""Voxels of the test image, or a little more; 260 kB."""


def run(request: ExportModelRequest, folder: JobFolder, reporter: Reporter) -> Finished:
    """Export a model whose network can be written as TorchScript.

    Raises:
        InputRefused: The model cannot be read, or its network cannot be written for others.
        OutputUnwritable: The file exists or cannot be written.
    """
    _refuse_without_network(request.model)
    path, out = find_model(request.model), Path(request.out)
    if not request.overwrite:
        refuse_existing(out)
    refuse_unwritable(out)
    loaded = load_model(path)
    name = loaded.card.name
    _refuse_others(loaded)
    reporter.progress("Writing the network", 0, 2, "steps")
    script = as_torchscript(loaded.network, name)
    reporter.progress("Testing", 1, 2, "steps")
    image = simulated_input(loaded.card, loaded.network.needs, loaded.network.in_channels)
    answer = _answer(loaded, image)
    is_bundled = any(model.is_bundled and model.path == path for model in list_models())
    model = ExportedModel(
        card=loaded.card,
        spec=loaded.spec,
        needs=loaded.network.needs,
        channels=(image.shape[0], answer.shape[0]),
        projects=TASKS[loaded.card.task].projects,
        torch_version=torch.__version__.split("+")[0],
        attachment=f"{name}{MODEL_SUFFIX}",
        authors=request.authors or (AUTHORS_OF_BUNDLED if is_bundled else ()),
    )
    files = ExportedFiles(script, path.read_bytes(), image[None], described(model, answer)[None])
    write_bioimage_package(out, model, files, overwrite=request.overwrite)
    reporter.progress("Testing", 2, 2, "steps")
    return Finished((str(out),), verdict=f"{name} is exported as {out.name}.")


def simulated_input(card: ModelCard, needs: PredictionNeeds, channels: int) -> np.ndarray:
    """A small image of the kind the model is for: (C, [Z,] Y, X) float32, raw intensities."""
    size = _test_size(needs)
    depth = size[0] if needs.dims == 3 else max(channels, 1)
    recipe = next(row for row in RECIPES.values() if row.task == card.task)
    named = dict(zip(("size_z", "size_y", "size_x"), (depth, *size[-2:]), strict=True))
    declared = {parameter.name for parameter in recipe.parameters}
    values = validated_values(recipe.parameters, {k: v for k, v in named.items() if k in declared})
    noisy = load_callable(recipe.simulate)(values, 0).noisy.astype(np.float32)
    planes = noisy[:, None] if noisy.ndim == 3 else noisy
    volume = planes.swapaxes(0, 1)  # (C, Z, Y, X)
    # where more go in than are simulated, they are the same again
    if needs.dims == 2:
        stacked = volume.reshape(-1, *volume.shape[2:])
        return np.ascontiguousarray(stacked[np.arange(channels) % len(stacked)])
    return np.ascontiguousarray(volume[np.arange(channels) % len(volume)])


def described(model: ExportedModel, answer: np.ndarray) -> np.ndarray:
    """The answer of the network after the package's postprocessing, (C, [Z,] Y, X) float32."""
    if model.spec.output == "classes":
        odds: np.ndarray = torch.from_numpy(answer).softmax(0).numpy()
        return odds
    gain, offset = scaling_of(model)
    if not gain:
        return answer
    each = (-1, *[1] * (answer.ndim - 1))
    scaled: np.ndarray = answer * np.reshape(gain, each) + np.reshape(offset, each)
    return scaled.astype(np.float32)


def _answer(loaded: LoadedModel, image: np.ndarray) -> np.ndarray:
    """The network's answer for a raw image, (C, [Z,] Y, X) float32 on its own scale."""
    card = loaded.card
    scales = (
        [PercentileNormalization.standard(one) for one in image]
        if card.normalisation == "mean_std"
        else [PercentileNormalization.of(one, card.normalisation_percentiles) for one in image]
    )
    seen = np.stack([scale.apply(one) for scale, one in zip(scales, image, strict=True)])
    with torch.inference_mode():
        output = loaded.network(torch.from_numpy(seen)[None])
    first = output if isinstance(output, torch.Tensor) else output[0]
    answer: np.ndarray = first[0].numpy()
    return answer


def _test_size(needs: PredictionNeeds) -> tuple[int, ...]:
    """Near ``TEST_SIZE``, in steps the network takes."""
    wanted = TEST_SIZE[-needs.dims :]
    axes = zip(wanted, needs.least_size, needs.size_divisor, strict=True)
    return tuple(least + -(-max(n - least, 0) // step) * step for n, least, step in axes)


def _refuse_without_network(name: str) -> None:
    if name in ZERO_SHOT:
        raise ModelRefused(
            f"{name} is no model: it learns from the stack itself and is then forgotten.",
            "Choose a trained model.",
        )


def _refuse_others(loaded: LoadedModel) -> None:
    if loaded.card.architecture not in ARCHITECTURES:
        raise ModelRefused(
            f"{loaded.card.name} came from bioimage.io as it is.", "Pass on that package."
        )
    if loaded.network.needs.window:
        raise ModelRefused(
            f"The network of {loaded.card.name} works in windows with their surroundings, which "
            "bioimage.io has no words for.",
            "Pass on the .gvtmodel file itself.",
        )
