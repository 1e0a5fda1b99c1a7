"""Every kind of network the program can train and apply.

To add an architecture: a folder here with ``spec.py`` (no torch) and ``net.py``, and a line in
``ARCHITECTURES``. It is then offered for the tasks its row names, listed by ``gvtstudio
architectures`` and in the manual, and ``tests/networks`` counts its parameters, runs it on odd
sizes, checks its gradients, and saves and loads it.
"""

from gvtstudio.domain.architecture import ArchitectureSpec, TaskName
from gvtstudio.networks.aeanet.spec import (
    AEANET_2D,
    AEANET_DENOISING_3D,
    AEANET_PROJECTION,
    AEANET_SEGMENTATION,
)
from gvtstudio.networks.gvtnet_denoising.spec import GVTNET_DENOISING_2D, GVTNET_DENOISING_3D
from gvtstudio.networks.gvtnet_label_free.spec import GVTNET_LABEL_FREE
from gvtstudio.networks.gvtnet_projection.spec import GVTNET_PROJECTION

ARCHITECTURES: dict[str, ArchitectureSpec] = {
    spec.name: spec
    for spec in (
        GVTNET_DENOISING_3D,
        GVTNET_DENOISING_2D,
        GVTNET_LABEL_FREE,
        GVTNET_PROJECTION,
        AEANET_2D,
        AEANET_DENOISING_3D,
        AEANET_PROJECTION,
        AEANET_SEGMENTATION,
    )
}


def architectures_for(task: TaskName) -> tuple[str, ...]:
    """Networks that can be trained for a task, those made for it first; the first is proposed."""
    able = [spec for spec in ARCHITECTURES.values() if task in spec.tasks]
    return tuple(spec.name for spec in sorted(able, key=lambda spec: spec.tasks.index(task)))
