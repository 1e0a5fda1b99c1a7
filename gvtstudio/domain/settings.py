"""What the user prefers; every field has a default and may be missing in the file.

To add a setting, add a field here and a row to ``SETTINGS``; the dialog, the file and the manual
follow from the two.
"""

import msgspec

from gvtstudio.domain.file_names import DEFAULT_TEMPLATE, NAME_FIELDS
from gvtstudio.domain.parameters import Parameter


class Settings(msgspec.Struct, frozen=True):
    """Preferences of one user on one computer."""

    theme: str = "system"
    lut: str = "gray"
    device: str = "auto"
    precision: str = "auto"
    export_format: str = "ome-tiff"
    export_dtype: str = "same"
    name_template: str = DEFAULT_TEMPLATE
    cache_mb: int = 1024
    recent_projects: tuple[str, ...] = ()
    recent_stacks: tuple[str, ...] = ()
    recent_axes: dict[str, str] = {}
    recent_arrangement: str = "three"


SETTINGS = (
    Parameter(
        "theme", "choice", "system", "Theme",
        "Colours of the window; system follows the computer's own setting.",
        choices=("system", "dark", "light"),
    ),
    Parameter(
        "lut", "choice", "gray", "Colours of images",
        "Look-up table for a newly opened stack. Display never changes the data.",
        choices=(
            "gray", "green", "magenta", "cyan", "fire",
            "ice", "viridis", "inferno", "magma", "hilo",
            "red", "blue", "yellow", "16_colors", "glasbey",
        ),
    ),
    Parameter(
        "device", "choice", "auto", "Compute on",
        "auto takes the graphics card when there is a usable one, else the processor.",
        choices=("auto", "cpu", "cuda:0"),
    ),
    Parameter(
        "precision", "choice", "auto", "Arithmetic",
        "auto takes the fastest that this computer has in hardware; the difference to float32 is "
        "far below the noise of an image.",
        choices=("auto", "float32", "bfloat16", "float16"),
    ),
    Parameter(
        "export_format", "choice", "ome-tiff", "Export as",
        "TIFFs open in Fiji; OME-TIFF also keeps wavelengths and provenance for other programs. "
        "NIfTI is for MRI, OME-Zarr for very large stacks.",
        choices=("ome-tiff", "ome-tiff-plain", "imagej-tiff", "nifti", "ome-zarr"),
    ),
    Parameter(
        "export_dtype", "choice", "same", "Voxel type of results",
        "same gives the type of the input with intensities in its units; float32 clips nothing.",
        choices=("same", "float32"),
    ),
    Parameter(
        "name_template", "text", DEFAULT_TEMPLATE, "Names of results",
        f"Of {', '.join(f'{{{field}}}' for field in NAME_FIELDS)} and text between them. An empty "
        "field takes its separator along; datasets of one file are always told apart.",
    ),
    Parameter(
        "cache_mb", "integer", 1024, "Memory for viewing",
        "Volumes up to this size are held in memory for fast scrolling.",
        unit="MB", minimum=64, maximum=65536,
    ),
)  # fmt: skip
