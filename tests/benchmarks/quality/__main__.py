"""How well the networks restore, on simulated and on real stacks kept apart.

Run with ``python -m tests.benchmarks.quality`` (``--scale 0.02`` to try it); some minutes a
study on two cores. Scores, seeds and costs are written to ``docs/quality/``, from where the
manual takes its tables. PSNR, SSIM and NRMSE are those of ``gvtstudio evaluate`` with the care
normalisation.
"""

import argparse
import logging
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import torch

from gvtstudio import __version__
from tests.benchmarks.quality.contest import Bench
from tests.benchmarks.quality.studies import STUDIES

DOCS = Path(__file__).parents[3] / "docs" / "quality"


def main() -> None:
    """Run the studies that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("studies", nargs="*", default=[])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--scale", type=float, default=1.0, help="factor on minutes and steps")
    parser.add_argument("--out", type=Path, default=DOCS)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.studies or STUDIES:
        with TemporaryDirectory() as folder:
            bench = Bench(Path(folder), options.data, options.scale)
            STUDIES[name](bench)
        table = {
            "study": name,
            "question": (STUDIES[name].__doc__ or "").strip(),
            "machine": f"{torch.get_num_threads()} cores, torch {torch.__version__}, bfloat16 "
            "where networks allow it",
            "made": f"{date.today().isoformat()}, version {__version__}",  # noqa: DTZ011
            "rows": msgspec.to_builtins(bench.rows),
        }
        text = msgspec.json.format(msgspec.json.encode(table), indent=1).decode()
        (options.out / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
