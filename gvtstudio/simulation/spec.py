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
    own,
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

LABEL_FREE = RecipeSpec(
    name="label-free",
    task="label_free",
    title="Unstained cells in transmitted light",
    summary="Colonies of transparent cells that only delay light, focused through in bright field "
    "with a condenser, uneven illumination and dust.",
    truth="The fluorescence of the same cells without noise: nuclei, membranes and granules.",
    simulate="gvtstudio.simulation.label_free:simulate",
    parameters=(
        *sizes(24, 192, 192),
        *voxels(0.5, 0.2),
        Parameter("field_photons", "number", 5000.0, "Photons of the empty field",
                  "Photons per voxel where the light meets no cell.",
                  unit="photons", minimum=1, maximum=1_000_000),
        own(APERTURE, 0.8),
        Parameter("condenser_aperture", "number", 0.4, "Condenser aperture",
                  "Numerical aperture of the illumination: small gives more contrast and more "
                  "fringes.", minimum=0.0, maximum=1.4),
        INDEX,
        Parameter("illumination_nm", "number", 550.0, "Illumination",
                  "Wavelength of the transmitted light.", unit="nm", minimum=300, maximum=1200,
                  is_advanced=True),
        Parameter("shading", "number", 0.15, "Shading",
                  "Standard deviation of the illumination across the field, relative.",
                  minimum=0, maximum=1),
        Parameter("dust", "integer", 4, "Dust", "Specks on the optics, blurred, in every plane.",
                  minimum=0, maximum=100),
        Parameter("truth_channels", "integer", 3, "Channels of the truth",
                  "The first of: nuclei, membranes, granules.", minimum=1, maximum=3),
        own(PHOTONS, 200.0),
        EMISSION,
        *CAMERA,
    ),
)  # fmt: skip

PROJECTION = RecipeSpec(
    name="projection",
    task="projection",
    title="A curved epithelium in a volume",
    summary="Cell outlines on a smoothly curved surface, inside a noisy volume with light from "
    "other layers and bright debris.",
    truth="One plane with the surface alone, without noise, and the height of the surface in µm "
    "above the first plane as a second channel.",
    simulate="gvtstudio.simulation.projection:simulate",
    parameters=(
        *sizes(40, 192, 192),
        *voxels(0.75, 0.3),
        Parameter("cell_size_um", "number", 6.0, "Cell size",
                  "Mean distance of neighbouring cells.", unit="µm", minimum=0.5, maximum=100),
        Parameter("relief", "number", 0.6, "Relief",
                  "How much of the depth of the volume the surface goes through.",
                  minimum=0, maximum=0.9),
        Parameter("surface_fwhm_um", "number", 2.2, "Thickness of the surface",
                  "Full width at half maximum along Z of the light from the surface.",
                  unit="µm", minimum=0.1, maximum=50),
        own(PHOTONS, 12.0),
        BACKGROUND,
        Parameter("haze", "number", 0.35, "Haze",
                  "Light from the tissue below the surface, relative to the outlines.",
                  minimum=0, maximum=10),
        Parameter("debris", "integer", 25, "Debris", "Bright grains away from the surface.",
                  minimum=0, maximum=1000),
        *CAMERA,
    ),
)  # fmt: skip

SUPER_RESOLUTION = RecipeSpec(
    name="super-resolution",
    task="super_resolution",
    title="Fine texture at two magnifications",
    summary="Sections of tissue as in an electron microscope, or a meshwork of filaments, at low "
    "magnification: larger pixels, blur and noise.",
    truth="The same field at high magnification without noise; its pixels are smaller by the "
    "factor.",
    simulate="gvtstudio.simulation.super_resolution:simulate",
    parameters=(
        *sizes(1, 192, 192),
        *voxels(0.05, 0.01, minimum=0.0005, maximum=0.2),
        Parameter("texture", "choice", "tissue", "Texture",
                  "tissue: membranes, vesicles and mitochondria; meshwork: filaments.",
                  choices=("tissue", "meshwork")),
        Parameter("factor", "choice", "2", "Factor", "Magnification of the truth over that of the "
                  "noisy image.", choices=("2", "4")),
        Parameter("blur_pixels", "number", 1.2, "Blur",
                  "Full width at half maximum of the spot at low magnification.",
                  unit="pixels", minimum=0, maximum=20),
        Parameter("dose", "number", 60.0, "Dose",
                  "Electrons or photons that a pixel of the brightest parts yields at low "
                  "magnification.", minimum=0.1, maximum=100_000),
        Parameter("shift_pixels", "number", 0.0, "Shift",
                  "Largest random shift of the two against each other along Y and X, in pixels of "
                  "the noisy image.", unit="pixels", minimum=0, maximum=100),
        Parameter("rotation_degrees", "number", 0.0, "Rotation",
                  "Largest random rotation of the two against each other.",
                  unit="degrees", minimum=0, maximum=45),
        *CAMERA,
    ),
)  # fmt: skip

ISOTROPIC = RecipeSpec(
    name="isotropic",
    task="isotropic",
    title="Neurons with coarse planes",
    summary="Branching neurites with cell bodies and bright spots, blurred along Z and taken in "
    "planes further apart than a pixel is wide.",
    truth="The same volume without noise, as sharp and as finely sampled along Z as laterally.",
    simulate="gvtstudio.simulation.isotropic:simulate",
    parameters=(
        *sizes(24, 128, 128),
        voxels(1.0, 0.25)[1],
        Parameter("z_step_pixels", "integer", 4, "Plane distance",
                  "Distance between planes of the noisy stack in widths of a pixel.",
                  unit="pixels", minimum=1, maximum=32),
        Parameter("lateral_fwhm_um", "number", 0.5, "Lateral resolution",
                  "Full width at half maximum of the image of a point along Y and X.",
                  unit="µm", minimum=0.01, maximum=50),
        Parameter("axial_ratio", "number", 4.0, "Axial ratio",
                  "How many times wider the image of a point is along Z.", minimum=1, maximum=32),
        own(PHOTONS, 60.0),
        BACKGROUND,
        *CAMERA,
    ),
)  # fmt: skip

SEGMENTATION = RecipeSpec(
    name="segmentation",
    task="segmentation",
    title="Nested tissues in two contrasts",
    summary="A head of nested tissues with folded borders in two channels of different contrast, "
    "as of magnetic resonance (T1, T2), with a smooth bias field and Rician noise.",
    truth="The number of the tissue of every voxel: 0 outside, then from the outermost inwards.",
    simulate="gvtstudio.simulation.segmentation:simulate",
    parameters=(
        *sizes(32, 128, 128),
        *voxels(3000.0, 1000.0, minimum=1.0, maximum=100_000.0),
        Parameter("regions", "integer", 3, "Tissues", "Number of nested tissues.",
                  minimum=2, maximum=6),
        Parameter("folding", "number", 0.5, "Folding",
                  "How far borders wind, relative to the thickness of a tissue.",
                  minimum=0, maximum=2),
        Parameter("snr", "number", 20.0, "Signal to noise",
                  "Brightest tissue over the standard deviation of the noise.",
                  minimum=0.5, maximum=10_000),
        Parameter("bias_field", "number", 0.15, "Bias field",
                  "Standard deviation of the slow change of brightness, relative.",
                  minimum=0, maximum=1),
    ),
)  # fmt: skip
