"""Every kind of network the program can train and apply.

To add an architecture: a folder here with ``spec.py`` (no torch) and ``net.py``, and a line in
``ARCHITECTURES``. It is then offered for the tasks its row names, listed by ``gvtstudio
architectures`` and in the manual, and ``tests/networks`` counts its parameters, runs it on odd
sizes, checks its gradients, and saves and loads it.
"""

from gvtstudio.domain.architecture import ArchitectureSpec, TaskName
from gvtstudio.networks.gvtnet_denoising.spec import GVTNET_DENOISING_2D, GVTNET_DENOISING_3D

ARCHITECTURES: dict[str, ArchitectureSpec] = {
    spec.name: spec
    for spec in (
        GVTNET_DENOISING_3D,
        GVTNET_DENOISING_2D,
    )
}


def architectures_for(task: TaskName) -> tuple[str, ...]:
    """Names of the networks that can be trained for a task; the first one is proposed."""
    return tuple(spec.name for spec in ARCHITECTURES.values() if task in spec.tasks)
