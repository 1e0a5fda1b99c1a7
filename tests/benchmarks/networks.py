"""What every network costs: seconds and memory, forward and training, per precision and device.

Run with ``python -m tests.benchmarks.networks --quick`` to try it, without ``--quick`` at the sizes
of published figures. Each number comes from a fresh process, so that memory is that of one network.
Ratios of the global operators follow: folded, unfolded and direct to plain convolutions,
alternating in one process. On a busy machine believe processor seconds, and take ``--threads 1``:
threads that share a processor with others wait for one another.
"""

import argparse
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import psutil
import torch
from torch import Tensor, nn

from gvtstudio.domain.parameters import validated_values
from gvtstudio.domain.specs import load_callable
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.networks.layers.memory_format import channels_last, lay_out
from tests.benchmarks.operator_variants import largest_difference, variants

Work = Literal["forward", "forward+backward", "Adam step"]

FORWARD = {3: (1, 16, 128, 128), 2: (1, 256, 256)}
TRAINING = {3: (1, 16, 64, 64), 2: (1, 256, 256)}
TRAINING_OF = {
    "gvtnet_label_free": (1, 32, 64, 64),
    "fnet": (1, 32, 64, 64),
    "aeanet_2d": (8, 256, 256),
    "gt_unet": (1, 128, 128),
    "isotropic_generator": (1, 64, 64, 64),
    "cnnt": (1, 16, 128, 128),
}
QUICK = {3: (1, 16, 32, 32), 2: (1, 64, 64)}
PRECISIONS = ("float32", "bfloat16")
COMPARED = "gvtnet_denoising_3d"


@dataclass(frozen=True)
class Case:
    """What is measured; ``size`` is (B, *size)."""

    name: str
    work: Work
    precision: str
    device: str
    size: tuple[int, ...]
    threads: int
    repeats: int


@dataclass(frozen=True)
class Cost:
    """Median seconds of one run, and memory of the process (CPU) or the card (CUDA)."""

    wall_s: float
    processor_s: float
    peak_mib: float
    idle_mib: float


def main() -> None:
    """Print one line per network, work, device and precision, then the ratios."""
    options = parsed()
    say_machine(options.threads)
    devices = ["cpu"] + ["cuda"] * torch.cuda.is_available()
    for name in options.networks:
        for work in works(options):
            for device in devices:
                print_costs([a_case(name, work, p, device, options) for p in PRECISIONS])
    if options.no_ratios:
        return
    for device in devices:
        for precision in PRECISIONS:
            print_ratios(precision, device, options)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="*", choices=ARCHITECTURES, default=[*ARCHITECTURES])
    parser.add_argument("--backward", action="store_true", help="also forward + backward")
    parser.add_argument("--adam", action="store_true", help="also a whole training step")
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--no-ratios", action="store_true", help="leave the operators out")
    return parser.parse_args()


def works(options: argparse.Namespace) -> list[Work]:
    chosen: list[Work] = ["forward"]
    return chosen + ["forward+backward"] * options.backward + ["Adam step"] * options.adam


def a_case(name: str, work: Work, precision: str, device: str, options) -> Case:
    dims = ARCHITECTURES[name].spatial_dims
    size = FORWARD[dims] if work == "forward" else TRAINING_OF.get(name, TRAINING[dims])
    size = QUICK[dims] if options.quick else size
    return Case(name, work, precision, device, size, options.threads, options.repeats)


def say_machine(threads: int) -> None:
    print(
        f"torch {torch.__version__}, {threads} threads, {torch.backends.cpu.get_cpu_capability()}, "
        f"AVX512-BF16 {torch.cpu._is_avx512_bf16_supported()}, "
        f"AMX {torch.cpu._is_amx_tile_supported()}, load {psutil.getloadavg()[0]:.1f}"
    )


def print_costs(cases: list[Case]) -> None:
    """A line per precision, and what half precision gains."""
    costs = []
    for case in cases:
        label = f"{case.name:24} {case.work:17} {case.device:5} {case.precision:9} "
        label += f"{'×'.join(map(str, case.size)):14}"
        cost = in_fresh_process(case)
        if cost is None:
            print(f"{label} the process ended: not enough memory?", flush=True)
            continue
        costs.append(cost)
        print(
            f"{label} {cost.wall_s:8.3f} s, processor {cost.processor_s:8.3f} s, peak "
            f"{cost.peak_mib:7.0f} MiB, {cost.peak_mib - cost.idle_mib:7.0f} above idle",
            flush=True,
        )
    if len(costs) == 2:
        full, half = costs
        print(
            f"{'':24} bfloat16 is {full.wall_s / half.wall_s:.2f} × as fast, processor "
            f"{full.processor_s / half.processor_s:.2f} ×, memory above idle "
            f"{(half.peak_mib - half.idle_mib) / (full.peak_mib - full.idle_mib):.2f} ×"
        )


def in_fresh_process(case: Case) -> Cost | None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(measured, case).result()
        except BrokenProcessPool:
            return None


def measured(case: Case) -> Cost:
    """Median over the repeats, after one run that is not counted but in the memory."""
    torch.set_num_threads(case.threads)
    network, x = prepared(case.name, case.size, case.device)
    network.train(case.work != "forward")
    optimiser = torch.optim.Adam(network.parameters(), 1e-4) if case.work == "Adam step" else None
    idle = memory_mib(case.device, peak=False)
    times = [timed(case, network, optimiser, x) for _ in range(case.repeats + 1)][1:]
    wall, processor = np.median(times, axis=0)
    return Cost(wall, processor, memory_mib(case.device, peak=True), idle)


def prepared(name: str, size: tuple[int, ...], device: str) -> tuple[nn.Module, Tensor]:
    """A network with new weights and an input, in the layout of prediction."""
    spec = ARCHITECTURES[name]
    values = validated_values(spec.parameters, {})
    torch.manual_seed(0)
    network = load_callable(spec.build)(**values).to(device)
    lay_out(network)
    x = torch.rand(size[0], int(values.get("in_channels", 1)), *size[1:])
    return network, channels_last(x.to(device))


def timed(case: Case, network: nn.Module, optimiser, x: Tensor) -> tuple[float, float]:
    """Wall and processor seconds of one run."""
    synchronise(case.device)
    wall, processor = time.perf_counter(), time.process_time()
    is_half = case.precision != "float32"
    with torch.inference_mode() if case.work == "forward" else nullcontext():
        with torch.autocast(case.device, torch.bfloat16, enabled=is_half):
            output = network(x)
        if case.work != "forward":
            network.zero_grad(set_to_none=True)
            parts = [output] if isinstance(output, Tensor) else [t for t in output if t is not None]
            sum(part.float().square().mean() for part in parts).backward()
        if optimiser is not None:
            optimiser.step()
    synchronise(case.device)
    return time.perf_counter() - wall, time.process_time() - processor


def synchronise(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def memory_mib(device: str, *, peak: bool) -> float:
    """Of this process, or of the card."""
    if device == "cuda":
        used = torch.cuda.max_memory_allocated() if peak else torch.cuda.memory_allocated()
        return used / 2**20
    process = psutil.Process().memory_info()
    if not peak:
        return process.rss / 2**20
    if hasattr(process, "peak_wset"):  # Windows
        return process.peak_wset / 2**20
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(s for s in status.read_text().splitlines() if s.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS counts bytes


def print_ratios(precision: str, device: str, options) -> None:
    """What the global operators add to the convolutions, all ways alternating."""
    torch.set_num_threads(options.threads)
    case = a_case(COMPARED, "forward", precision, device, options)
    network, x = prepared(COMPARED, case.size, device)
    ways = variants(network)
    gap = max(largest_difference(ways["folded"], ways[n], x) for n in ("unfolded", "direct"))
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    order = list(ways)
    for repeat in range(max(7, options.repeats) + 1):
        for name in order:
            seconds = timed(case, ways[name], None, x)
            if repeat:
                times[name].append(seconds)
        order = [*order[1:], order[0]]
    medians = {name: np.median(values, axis=0) for name, values in times.items()}
    print(f"{COMPARED} {precision} {device}, ways differ by at most {gap:.1e} in float32")
    for name, (wall, processor) in medians.items():
        by_wall, by_processor = np.array([wall, processor]) / medians["plain"]
        paired = np.median(np.divide(times[name], times["plain"]), axis=0)[0]
        print(
            f"    {name:9} {wall:7.3f} s, processor {processor:7.3f} s; to plain: wall "
            f"{by_wall:.3f}, processor {by_processor:.3f}, median of ratios {paired:.3f}"
        )


if __name__ == "__main__":
    main()
