"""Measure a restored stack against its target; the normalisation is named with the numbers."""

import argparse
from pathlib import Path

from gvtstudio.cli.console import print_json, run_here, say_failure
from gvtstudio.domain.job import EvaluateRequest
from gvtstudio.domain.messages import Finished
from gvtstudio.engine.failures import exit_code

LABELS = {"psnr_db": "PSNR (dB)", "ssim": "SSIM", "nrmse": "NRMSE", "pearson_r": "Pearson r"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``gvtstudio evaluate``."""
    from gvtstudio.cli.parser import add_json_option

    parser.add_argument("--restored", required=True, type=Path, help="the image to judge")
    parser.add_argument("--target", required=True, type=Path, help="the truth")
    parser.add_argument(
        "--normalisation",
        default="care",
        choices=("care", "none"),
        help="care takes out gain and offset by a least-squares fit (default); none compares "
        "the numbers as they are",
    )
    parser.add_argument("--csv", type=Path, help="write one row per volume")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing table")
    add_json_option(parser)


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    request = EvaluateRequest(
        restored=str(options.restored.absolute()),
        target=str(options.target.absolute()),
        normalisation=options.normalisation,
        csv=str(options.csv.absolute()) if options.csv else "",
        overwrite=options.overwrite,
    )
    result = run_here(request)
    say_failure(result)
    if options.json:
        print_json(result)
    elif isinstance(result, Finished):
        print(f"normalisation: {options.normalisation}")
        for name, value in result.numbers.items():
            print(f"{LABELS[name]}: {value:.4g}")
    return exit_code(result)
