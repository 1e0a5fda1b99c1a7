"""A tiny OT-cycleGAN on random grains that are blurred along Z."""

from pathlib import Path

import numpy as np
import torch
from scipy import ndimage

from gvtstudio.imaging.normalization import PercentileNormalization
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.networks.deep_linear_generator.net import DeepLinearGenerator
from gvtstudio.networks.isotropic_generator.net import IsotropicGenerator
from gvtstudio.networks.patchgan_discriminator.net import PatchganDiscriminator
from gvtstudio.training.batches import PatchBatches
from gvtstudio.training.cubes import IsotropicCubes, IsotropicVolume
from gvtstudio.training.cycle import CycleLearner, Partners
from gvtstudio.training.loop import Lesson, TrainingLoop
from gvtstudio.training.losses.absolute_error import mean_absolute_error
from gvtstudio.training.planes import Views, views_of
from gvtstudio.training.spectrum_judge import SpectrumJudge
from tests.training.loops_for_tests import settings_with

EDGE = 24
TINY = {"base_channels": 2}


def grains(shape: tuple[int, int, int], axial: float, seed: int = 0) -> np.ndarray:
    """Random grains of 1.2 voxels laterally and another width along Z."""
    noise = np.random.default_rng(seed).normal(size=shape)
    smooth = ndimage.gaussian_filter(noise, (axial, 1.2, 1.2), mode="wrap")
    image: np.ndarray = (100 + 20 * smooth / smooth.std()).astype(np.float32)
    return image


def volume_of(image: np.ndarray, percentiles=(0.5, 99.5)) -> IsotropicVolume:
    return IsotropicVolume(image, PercentileNormalization.of(image, percentiles))


def partners_with(views: Views, **settings) -> Partners:
    kinds = sorted(set(views.kinds.values()))
    return Partners(
        DeepLinearGenerator(**TINY),
        {kind: PatchganDiscriminator(**TINY) for kind in kinds},
        {kind: PatchganDiscriminator(**TINY) for kind in kinds},
        views,
        **settings,
    )


def make_learner(
    variant: str = "apollo",
    *,
    light_sheet: bool = False,
    cycle_weight: float = 10.0,
    warm_up: int = 0,
    adapts: bool = False,
    **changes,
) -> CycleLearner:
    settings = settings_with(**{"batch_size": 1, "patch": (EDGE,) * 3, **changes})
    torch.manual_seed(settings.seed)
    network = IsotropicGenerator(**TINY)
    views = views_of(variant, light_sheet=light_sheet)
    partners = partners_with(views, cycle_weight=cycle_weight, warm_up=warm_up, adapts=adapts)
    return CycleLearner(network, partners, mean_absolute_error, settings)


def make_cycle_loop(
    folder: Path, variant: str = "apollo", batches=None, *, light_sheet: bool = False, **changes
) -> TrainingLoop:
    settings = settings_with(**{"batch_size": 1, "patch": (EDGE,) * 3, **changes})
    learner = make_learner(variant, light_sheet=light_sheet, **changes)
    volume = volume_of(grains((28, 40, 36), 3.0))
    cubes = IsotropicCubes([volume], EDGE, settings.seed, turns=not light_sheet)
    drawn = PatchBatches(cubes.draw, settings.batch_size, settings.seed)
    return TrainingLoop(
        learner,
        Lesson(batches(drawn) if batches else drawn, SpectrumJudge([volume], learner.blurred)),
        settings,
        folder=JobFolder(folder),
        fingerprint="a",
    )
