"""What several recipes let you set, declared once; a recipe may have its own default and range."""

from typing import Any

import msgspec

from gvtstudio.domain.parameters import Parameter, Value

SIZE_Z = Parameter("size_z", "integer", 32, "Slices", "Number of planes.", minimum=1, maximum=2048)
SIZE_Y = Parameter(
    "size_y", "integer", 256, "Height", "Rows of a plane.", unit="pixels", minimum=8, maximum=8192
)
SIZE_X = Parameter(
    "size_x", "integer", 256, "Width", "Columns of a plane.",
    unit="pixels", minimum=8, maximum=8192,
)  # fmt: skip
VOXEL_Z = Parameter(
    "voxel_z_um", "number", 0.3, "Plane distance", "Distance between planes.",
    unit="µm", minimum=0.02, maximum=20,
)  # fmt: skip
VOXEL_YX = Parameter(
    "voxel_yx_um", "number", 0.1, "Pixel size", "Width of a pixel in the sample.",
    unit="µm", minimum=0.02, maximum=5,
)  # fmt: skip
PHOTONS = Parameter(
    "photons", "number", 20.0, "Photons",
    "Photons that a voxel of the brightest structures yields on average.",
    unit="photons", minimum=0.1, maximum=100_000,
)  # fmt: skip
BACKGROUND = Parameter(
    "background_photons", "number", 0.5, "Background", "Photons per voxel from everywhere.",
    unit="photons", minimum=0, maximum=10_000,
)  # fmt: skip
APERTURE = Parameter(
    "numerical_aperture", "number", 1.2, "Numerical aperture", "Of the objective.",
    minimum=0.05, maximum=1.49,
)  # fmt: skip
INDEX = Parameter(
    "refractive_index", "number", 1.33, "Refractive index", "Of the immersion.",
    minimum=1.0, maximum=1.6, is_advanced=True,
)  # fmt: skip
EMISSION = Parameter(
    "emission_nm", "number", 520.0, "Emission", "Wavelength of the emitted light.",
    unit="nm", minimum=300, maximum=1200,
)  # fmt: skip
CAMERA = (
    Parameter("camera_offset", "number", 100.0, "Camera offset",
              "Grey value without light.", unit="grey values", minimum=0, maximum=10_000,
              is_advanced=True),
    Parameter("camera_gain", "number", 2.0, "Camera gain", "Grey values per photo-electron.",
              minimum=0.01, maximum=1000, is_advanced=True),
    Parameter("read_noise", "number", 1.6, "Read noise",
              "Standard deviation of the electronics (a current sCMOS: 1 to 2).",
              unit="electrons", minimum=0, maximum=500, is_advanced=True),
)  # fmt: skip


def own(parameter: Parameter, default: Value, **limits: Any) -> Parameter:
    """The same parameter with a recipe's own default, and its own range where it needs one."""
    changed: Parameter = msgspec.structs.replace(parameter, default=default, **limits)
    return changed


def sizes(z: int, y: int, x: int) -> tuple[Parameter, ...]:
    """Size of the noisy stack."""
    return own(SIZE_Z, z), own(SIZE_Y, y), own(SIZE_X, x)


def voxels(z_um: float, pixel_um: float, **limits: Any) -> tuple[Parameter, ...]:
    """Voxel size of the noisy stack."""
    return own(VOXEL_Z, z_um, **limits), own(VOXEL_YX, pixel_um, **limits)
