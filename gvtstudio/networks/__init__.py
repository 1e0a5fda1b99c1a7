"""Every kind of network the program can train and apply.

To add an architecture: a folder here with ``spec.py`` (no torch) and ``net.py``, and a line in
``ARCHITECTURES``. ``tests/networks`` then counts its parameters, runs it on odd sizes, checks its
gradients, and saves and loads it.
"""

from gvtstudio.domain.specs import ArchitectureSpec
from gvtstudio.networks.gvtnet_denoising.spec import GVTNET_DENOISING_2D, GVTNET_DENOISING_3D

ARCHITECTURES: dict[str, ArchitectureSpec] = {
    spec.name: spec for spec in (GVTNET_DENOISING_3D, GVTNET_DENOISING_2D)
}
