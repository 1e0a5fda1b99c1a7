"""What restores the volumes of a stack: a trained network, or one that learns from each plane."""

from functools import partial
from pathlib import Path

from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.quantities import bytes_from
from gvtstudio.domain.reporting import JobReporter
from gvtstudio.domain.specs import load_callable
from gvtstudio.engine.predicted_channels import outputs_of
from gvtstudio.io.offered_models import OfferedModel
from gvtstudio.prediction.model import LoadedModel
from gvtstudio.prediction.predictor import Predictor
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor


def build_predictor(
    request: RestoreRequest,
    model: OfferedModel,
    loaded: LoadedModel | None,
    device: str,
    *,
    folder: Path,
    reporter: JobReporter,
) -> Predictor:
    """The predictor for a request.

    Args:
        request: What to restore and how.
        model: What was chosen.
        loaded: Its network; ``None`` where the stack itself is learned from.
        device: Where to compute.
        folder: For what does not fit into memory.
        reporter: Hears what happens on the way.

    Raises:
        UsageError: A setting that does not exist.
        ModelRefused: The network cannot do what is asked.
    """
    settings = PredictionSettings(
        device=device,
        precision=request.precision,
        tile=request.tile,
        memory=bytes_from(request.memory),
        context=request.context,
        scratch=folder,
        lasting=request.resumable,
        flips=request.flips,
        outputs=outputs_of(model.card, request),
    )
    if loaded is not None:
        return VolumePredictor(
            loaded.network, settings, lambda words: reporter.log(words, "warning")
        )
    assert model.zero_shot is not None
    values = model.declared_values(request.parameters)
    say = partial(reporter.log, level="detail")
    predictor: Predictor = load_callable(model.zero_shot.build)(settings, values, say)
    return predictor
