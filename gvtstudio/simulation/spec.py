"""Rows of the simulation table: what can be set. Sizes are those of the noisy stack."""

from gvtstudio.domain.parameters import Parameter
from gvtstudio.domain.specs import RecipeSpec
from gvtstudio.simulation.parameters import (
    APERTURE,
    BACKGROUND,
    CAMERA,
    EMISSION,
    INDEX,
    PHOTONS,
    sizes,
    voxels,
)

FLUORESCENCE_CELLS = RecipeSpec(
    name="fluorescence-cells",
    task="denoising",
    title="Fluorescent cells in 3D",
    summary="Cells with nuclei, filaments and puncta, imaged through a microscope of known "
    "aperture onto a camera with offset, gain and read noise.",
    truth="The same volume without noise: what infinitely many exposures would average to.",
    simulate="gvtstudio.simulation.fluorescence_cells:simulate",
    parameters=(
        *sizes(32, 256, 256),
        *voxels(0.3, 0.1),
        Parameter("content", "choice", "mixed", "Content",
                  "What is stained; mixed draws several stains with random weights.",
                  choices=("mixed", "nuclei", "membranes", "filaments", "puncta")),
        PHOTONS,
        BACKGROUND,
        APERTURE,
        INDEX,
        EMISSION,
        Parameter("microscope", "choice", "confocal", "Microscope",
                  "confocal rejects light from other planes, widefield does not.",
                  choices=("confocal", "widefield")),
        *CAMERA,
    ),
)  # fmt: skip
