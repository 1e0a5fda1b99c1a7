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
from gvtstudio.networks.care.spec import CARE_2D, CARE_3D
from gvtstudio.networks.care_projection.spec import CARE_PROJECTION
from gvtstudio.networks.cnnt.spec import CNNT
from gvtstudio.networks.deep_linear_generator.spec import DEEP_LINEAR_GENERATOR
from gvtstudio.networks.edsr.spec import EDSR_2D
from gvtstudio.networks.fnet.spec import FNET
from gvtstudio.networks.gt_unet.spec import GT_UNET
from gvtstudio.networks.gvtnet_denoising.spec import GVTNET_DENOISING_2D, GVTNET_DENOISING_3D
from gvtstudio.networks.gvtnet_label_free.spec import GVTNET_LABEL_FREE
from gvtstudio.networks.gvtnet_projection.spec import GVTNET_PROJECTION
from gvtstudio.networks.isotropic_generator.spec import ISOTROPIC_GENERATOR
from gvtstudio.networks.noise2fast.spec import NOISE2FAST
from gvtstudio.networks.patchgan_discriminator.spec import PATCHGAN_DISCRIMINATOR
from gvtstudio.networks.rcan.spec import RCAN_3D

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
        CNNT,
        RCAN_3D,
        CARE_3D,
        CARE_2D,
        CARE_PROJECTION,
        EDSR_2D,
        FNET,
        GT_UNET,
        NOISE2FAST,
        ISOTROPIC_GENERATOR,
        DEEP_LINEAR_GENERATOR,
        PATCHGAN_DISCRIMINATOR,
    )
}


def architectures_for(task: TaskName) -> tuple[str, ...]:
    """Networks that do a task, those made for it first; the first is proposed.

    Discriminators only help others to learn, so they are not among them.
    """
    able = [s for s in ARCHITECTURES.values() if task in s.tasks and s.output != "judgement"]
    return tuple(spec.name for spec in sorted(able, key=lambda spec: spec.tasks.index(task)))
