"""Rows of the simulation table: what can be set."""

from gvtstudio.domain.parameters import Parameter
from gvtstudio.domain.specs import RecipeSpec

FLUORESCENCE_CELLS = RecipeSpec(
    name="fluorescence-cells",
    title="Fluorescent cells in 3D",
    summary="Cells with nuclei, filaments and puncta, imaged through a microscope of known "
    "aperture onto a camera with offset, gain and read noise.",
    simulate="gvtstudio.simulation.fluorescence_cells:simulate",
    parameters=(
        Parameter("size_z", "integer", 32, "Slices", "Number of planes.",
                  minimum=1, maximum=2048),
        Parameter("size_y", "integer", 256, "Height", "Rows of a plane.",
                  unit="pixels", minimum=8, maximum=8192),
        Parameter("size_x", "integer", 256, "Width", "Columns of a plane.",
                  unit="pixels", minimum=8, maximum=8192),
        Parameter("voxel_z_um", "number", 0.3, "Plane distance", "Distance between planes.",
                  unit="µm", minimum=0.02, maximum=20),
        Parameter("voxel_yx_um", "number", 0.1, "Pixel size", "Width of a pixel in the sample.",
                  unit="µm", minimum=0.02, maximum=5),
        Parameter("content", "choice", "mixed", "Content",
                  "What is stained; mixed draws several stains with random weights.",
                  choices=("mixed", "nuclei", "membranes", "filaments", "puncta")),
        Parameter("photons", "number", 20.0, "Photons",
                  "Photons that a voxel of the brightest structures yields on average.",
                  unit="photons", minimum=0.1, maximum=100_000),
        Parameter("background_photons", "number", 0.5, "Background",
                  "Photons per voxel from everywhere.", unit="photons", minimum=0, maximum=10_000),
        Parameter("numerical_aperture", "number", 1.2, "Numerical aperture", "Of the objective.",
                  minimum=0.05, maximum=1.49),
        Parameter("refractive_index", "number", 1.33, "Refractive index", "Of the immersion.",
                  minimum=1.0, maximum=1.6, is_advanced=True),
        Parameter("emission_nm", "number", 520.0, "Emission", "Wavelength of the emitted light.",
                  unit="nm", minimum=300, maximum=1200),
        Parameter("microscope", "choice", "confocal", "Microscope",
                  "confocal rejects light from other planes, widefield does not.",
                  choices=("confocal", "widefield")),
        Parameter("camera_offset", "number", 100.0, "Camera offset",
                  "Grey value without light.", unit="grey values", minimum=0, maximum=10_000,
                  is_advanced=True),
        Parameter("camera_gain", "number", 2.0, "Camera gain", "Grey values per photo-electron.",
                  minimum=0.01, maximum=1000, is_advanced=True),
        Parameter("read_noise", "number", 1.6, "Read noise",
                  "Standard deviation of the electronics (a current sCMOS: 1 to 2).",
                  unit="electrons", minimum=0, maximum=500, is_advanced=True),
    ),
)  # fmt: skip
