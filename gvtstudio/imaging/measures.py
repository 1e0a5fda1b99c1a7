"""The measures a restored stack can be judged by, by the names they have on the command line.

To add a measure: a function of a ``Comparison`` in ``scores.py`` that returns one number per column
(NaN where it cannot be told), and a row in ``MEASURES``. Nothing heavy is imported before a measure
is used, since the command line lists them all.
"""

from typing import Literal

from msgspec import Struct

Better = Literal["higher", "lower", "neither"]


class Column(Struct, frozen=True):
    """One number of a measure.

    Args:
        name: Key in answers and tables, with the unit.
        label: For the user.
        better: Which numbers are better; ``neither`` for those that judge nothing.
    """

    name: str
    label: str
    better: Better


class Measure(Struct, frozen=True):
    """A measure of a restored image, mostly against its truth.

    Args:
        name: Key in ``MEASURES``, used on the command line.
        help: What it tells, in one line.
        columns: Its numbers.
        compute: ``"module:callable"`` from a ``Comparison`` to these numbers.
    """

    name: str
    help: str
    columns: tuple[Column, ...]
    compute: str


USUAL = ("psnr", "ssim", "nrmse", "pearson")
"""What is measured where nothing else is asked for."""

DICE = Column("dice", "Dice", "higher")

_ROWS = (
    Measure(
        "psnr",
        "peak signal-to-noise ratio over the range of the target",
        (Column("psnr_db", "PSNR (dB)", "higher"),),
        "gvtstudio.imaging.scores:psnr",
    ),
    Measure(
        "ssim",
        "structural similarity, uniform window of 7",
        (Column("ssim", "SSIM", "higher"),),
        "gvtstudio.imaging.scores:ssim",
    ),
    Measure(
        "nrmse",
        "root mean squared error over the range of the target",
        (Column("nrmse", "NRMSE", "lower"),),
        "gvtstudio.imaging.scores:nrmse",
    ),
    Measure(
        "pearson",
        "correlation of the raw intensities",
        (Column("pearson_r", "Pearson r", "higher"),),
        "gvtstudio.imaging.scores:pearson",
    ),
    Measure(
        "ssim3d",
        "structural similarity, Gaussian window of 7 in three dimensions, as CNNT",
        (Column("ssim3d", "SSIM3D", "higher"),),
        "gvtstudio.imaging.scores:ssim3d",
    ),
    Measure(
        "r2",
        "coefficient of determination of the raw intensities",
        (Column("r2", "R²", "higher"),),
        "gvtstudio.imaging.scores:r2",
    ),
    Measure(
        "pearson-sampled",
        "correlation of 1,000,000 random voxels, 30 times, as the Global Transformer U-Net",
        (
            Column("pearson_sampled", "sampled r", "higher"),
            Column("pearson_sampled_sd", "SD of r", "neither"),
        ),
        "gvtstudio.imaging.scores:pearson_sampled",
    ),
    Measure(
        "frc",
        "finest detail in µm that restored and target share (Fourier ring correlation)",
        (Column("frc_um", "FRC (µm)", "lower"),),
        "gvtstudio.imaging.scores:frc",
    ),
    Measure(
        "frc-single",
        "resolution in µm of the one image, split into interleaved pixels; for raw images only",
        (Column("frc_single_um", "single FRC (µm)", "neither"),),
        "gvtstudio.imaging.scores:frc_single",
    ),
    Measure(
        "spots",
        "number of bright spots, and their widths in µm across and along Z",
        (
            Column("spot_count", "spots", "neither"),
            Column("spot_lateral_um", "lateral (µm)", "lower"),
            Column("spot_lateral_iqr_um", "lateral IQR", "neither"),
            Column("spot_axial_um", "axial (µm)", "lower"),
            Column("spot_axial_iqr_um", "axial IQR", "neither"),
            Column("target_lateral_um", "target lateral", "neither"),
            Column("target_axial_um", "target axial", "neither"),
        ),
        "gvtstudio.imaging.scores:spots",
    ),
)

MEASURES: dict[str, Measure] = {row.name: row for row in _ROWS}
