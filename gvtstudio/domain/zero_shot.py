"""Ways to restore without a model: a network learns anew from each stack, and is then forgotten."""

import msgspec

from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.parameters import Parameter


class ZeroShotSpec(msgspec.Struct, frozen=True):
    """A way to restore a stack by learning from that stack alone.

    Args:
        card: Stands for it wherever a model can be chosen; there is no package behind it.
        parameters: What can be set.
        build: ``"module:callable"``: ``(settings: PredictionSettings, values, log) -> Predictor``.
    """

    card: ModelCard
    parameters: tuple[Parameter, ...]
    build: str

    @property
    def name(self) -> str:
        """Key in ``ZERO_SHOT``, used like the name of a model."""
        return self.card.name
