"""Train an OT-cycleGAN on the very stack that is to become isotropic."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.job import TrainRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.domain.model_card import Score, TrainingData
from gvtstudio.domain.parameters import Value
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.specs import load_callable
from gvtstudio.io.job_folder import JobFolder
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.networks.layers.network import Network
from gvtstudio.prediction.model import build_network
from gvtstudio.prediction.volume import VolumePredictor
from gvtstudio.tasks.isotropic.quality import blur_of, said, score_fields
from gvtstudio.tasks.isotropic.spec import ISOTROPIC, TURNS
from gvtstudio.tasks.isotropic.stacks import IsotropicField, cube_edge, load_fields
from gvtstudio.training.batches import PatchBatches
from gvtstudio.training.cubes import IsotropicCubes
from gvtstudio.training.cycle import CycleLearner, Partners
from gvtstudio.training.fields import voxel_range
from gvtstudio.training.loop import Lesson
from gvtstudio.training.losses.absolute_error import mean_absolute_error
from gvtstudio.training.planes import views_of
from gvtstudio.training.spectrum_judge import SpectrumJudge
from gvtstudio.training.supervised import ModelFacts, SupervisedTraining
from gvtstudio.training.verdict import RivalWords
from gvtstudio.training.volumes import VolumeHolder

BACKWARD = {"linear": "deep_linear_generator", "unet": "isotropic_generator"}
RIVALS = RivalWords(
    "linear interpolation", "Richardson-Lucy", learned_from="the simulated stack it learned from"
)
"""Only a simulated stack has a truth that agreement can be measured with."""
EXAMPLE = (slice(16), slice(24), slice(24))


def train(request: TrainRequest, folder: JobFolder, reporter: JobReporter) -> Finished:
    """Train and write the model package ``request.out``.

    Raises:
        UsageError: A parameter or architecture that does not exist.
        InputRefused: The stack cannot be learned from, or the training diverged.
        Cancelled: The user stopped; the checkpoint in ``folder`` is kept.
    """
    training = SupervisedTraining(ISOTROPIC, request, folder, reporter)
    values = training.values
    wanted = int(values["patch_yx"])
    if wanted % 4:
        raise UsageError(
            f"Cubes with an edge of {wanted} voxels do not fit the network.",
            f"Take a multiple of 4, such as --patch-yx {wanted // 4 * 4 + 4}.",
        )
    blur = blur_of(values)
    fields, sources = load_fields(request, values, VolumeHolder(folder.path, reporter), reporter)
    edge = cube_edge(fields, wanted, reporter)
    training.take_patches_of_depth(edge)
    settings = training.settings = replace(training.settings, patch=(edge, edge, edge))
    volumes = [volume for field in fields for volume in field.volumes]
    turns = values["augmentation"] == TURNS and not values["light_sheet"]
    cubes = IsotropicCubes(volumes, edge, settings.seed, turns=turns)
    partners = _partners(values, adapts=bool(request.start_model))
    learner = CycleLearner(training.network, partners, mean_absolute_error, settings)
    lesson = Lesson(
        PatchBatches(cubes.draw, settings.batch_size, settings.seed),
        SpectrumJudge(volumes, learner.blurred),
        fields[0].calibration,
    )
    found: list[list[Score]] = []

    def score(network: Network) -> list[Score]:
        predictor = VolumePredictor(network, training.prediction)
        predict = partial(predictor.predict, report=lambda done, of: reporter.check_cancelled())
        found.append(score_fields(fields, predict, reporter, blur))
        network.cpu()
        return found[-1]

    finished = training.run_learner(learner, lesson, _facts(fields, sources, values, score))
    reporter.log(said(found[0]))  # the trained network comes first
    return finished


def _facts(
    fields: Sequence[IsotropicField],
    sources: Sequence[TrainingData],
    values: Mapping[str, Value],
    score: Callable[[Network], list[Score]],
) -> ModelFacts:
    share = float(values["saturated_percent"])
    return ModelFacts(
        percentiles=(share, 100 - share),
        training_data=sources,
        voxel_size_um=voxel_range(fields),
        example=fields[0].volumes[0].normalised(EXAMPLE),
        score=score,
        limits=(
            "Made for the very stack it learned from; others must come from the same microscope "
            "and show the same kind of structure.",
            f"The darkest and brightest {share:g} % of the voxels are saturated.",
            "What it shows along Z finer than the microscope resolves is inferred from XY planes, "
            "not measured: do not count or measure it without a control.",
        ),
        rivals=RIVALS,
    )


def _partners(values: Mapping[str, Value], *, adapts: bool) -> Partners:
    """The backward generator and the discriminators, with new weights."""
    channels = {"base_channels": int(values["partner_channels"])}
    views = views_of(str(values["variant"]), light_sheet=bool(values["light_sheet"]))
    kinds = sorted(set(views.kinds.values()))
    discriminator = load_callable(ARCHITECTURES["patchgan_discriminator"].build)
    return Partners(
        backward=build_network(ARCHITECTURES[BACKWARD[str(values["backward"])]], channels),
        sharpness={kind: discriminator(**channels) for kind in kinds},
        faithfulness={kind: discriminator(**channels) for kind in kinds},
        views=views,
        cycle_weight=float(values["cycle_weight"]),
        warm_up=int(values["warm_up"]),
        adapts=adapts,
    )
