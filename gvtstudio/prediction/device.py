"""On what to compute, and in what arithmetic."""

import numpy as np
import torch
from torch import Tensor

from gvtstudio.domain.errors import ResourcesMissing, UsageError
from gvtstudio.domain.job import Precision
from gvtstudio.domain.parameters import suggest
from gvtstudio.networks.layers.memory_format import channels_last

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def choose_device(name: str) -> torch.device:
    """The device of that name; ``auto`` takes the first graphics card that works, else the CPU.

    Raises:
        UsageError: There is no device of that name.
        ResourcesMissing: The graphics card named cannot be used.
    """
    if name == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    kind, _, index = name.partition(":")
    if kind not in ("cpu", "cuda") or (index and not index.isdigit()):
        raise UsageError(*suggest("device", name, ["auto", "cpu", "cuda:0"]))
    if kind == "cuda" and (
        not torch.cuda.is_available() or int(index or 0) >= torch.cuda.device_count()
    ):
        raise ResourcesMissing(
            f'The graphics card "{name}" cannot be used: this program sees '
            f"{torch.cuda.device_count()}.",
            "Use --device cpu, or install the driver and the GPU version of the program.",
        )
    return torch.device(kind, int(index or 0)) if kind == "cuda" else torch.device("cpu")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out; the processor's allocator has no class for it."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and "not enough memory" in str(error)
    )


def on_device(values: np.ndarray, device: torch.device) -> Tensor:
    """An array as a tensor, channels last; it travels to a card while the card goes on working."""
    tensor = torch.from_numpy(np.ascontiguousarray(values))
    if device.type == "cuda":
        tensor = tensor.pin_memory().to(device, non_blocking=True)
    return channels_last(tensor.to(device))


def wait_for(device: torch.device) -> None:
    """Wait until a graphics card has done what it was given; the processor has already."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def choose_precision(name: Precision, device: torch.device) -> Precision:
    """``auto`` made definite: the fastest arithmetic that the device has in hardware."""
    if name != "auto":
        return name
    if device.type == "cuda":
        native = torch.cuda.get_device_capability(device) >= (8, 0)
        return "bfloat16" if native else "float16"
    return "bfloat16" if cpu_has_bfloat16() else "float32"


def cpu_has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself; emulated it is slower than float32."""
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))
