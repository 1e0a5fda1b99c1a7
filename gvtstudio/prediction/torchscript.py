"""A network as TorchScript, which other programs run without knowing its code."""

import io
import re
import warnings
import zipfile
import zlib

import torch
from torch import Tensor, nn

from gvtstudio.domain.errors import ModelRefused
from gvtstudio.networks.layers.network import Network

TOLERANCE = 1e-4
"""Largest difference to the network itself, relative to its largest value; rounding gives 1e-6."""

_REACHES_OUT = re.compile(
    r"\b(?:torch|ops\.aten)\.(?:from_file|save|load|_save\w*|_load\w*)\b|\bops\.(?!aten\b|prim\b)\w+"
)
"""Operations of TorchScript that read or write files, or that are not torch's own."""


class _FirstAnswer(nn.Module):
    """The network without mirroring, and the first thing it says."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        output = self.network.evaluate(x)
        first: Tensor = output if isinstance(output, Tensor) else output[0]
        return first


def as_torchscript(network: Network, name: str) -> bytes:
    """The network in its prediction form, for every size that is a multiple of its divisor.

    Args:
        network: On the CPU, in float32.
        name: Of the model, for the sentence where it cannot be done.

    Raises:
        ModelRefused: The network cannot be written down, or what is written down is right for one
            size alone.
    """
    answer = _FirstAnswer(network).eval()
    needs = network.needs
    least, step = needs.least_size, needs.size_divisor
    traced_size = tuple(a + b for a, b in zip(least, step, strict=True))
    # an odd number of steps more along every axis, and another number of images
    other_size = tuple(a + 3 * b for a, b in zip(traced_size, step, strict=True))
    generator = torch.Generator().manual_seed(0)
    traced_from, other = (
        torch.rand((count, network.in_channels, *size), generator=generator)
        for count, size in ((1, traced_size), (2, other_size))
    )
    with torch.inference_mode(), warnings.catch_warnings():
        # what is fixed in the trace is found by comparing, not by what torch suspects
        warnings.simplefilter("ignore")
        try:
            traced = torch.jit.trace(  # type: ignore[no-untyped-call]
                answer, traced_from, check_trace=False
            )
            difference = max(_difference(traced, answer, x) for x in (traced_from, other))
        except RuntimeError as error:
            raise _refused(name, "it does not work at other sizes, or not at all") from error
        if not difference <= TOLERANCE:
            raise _refused(name, f"at another size it differs by {difference:.2g}")
        buffer = io.BytesIO()
        torch.jit.save(traced, buffer)
    return buffer.getvalue()


def load_torchscript(content: bytes, name: str) -> torch.jit.ScriptModule:
    """A network written by whatever program, on the CPU.

    TorchScript is a small language of its own; loading it unpickles and imports nothing of Python.
    It can read and write files, though, so that what mentions these operations is never loaded.

    Args:
        content: Of the file.
        name: For the sentence where it cannot be loaded.

    Raises:
        ModelRefused: It is no TorchScript, or does more than compute.
    """
    try:
        if _reaches_out(content):
            raise ModelRefused(
                f"{name} is refused: its TorchScript does more than compute.",
                "Do not use this file; it may have been made to do harm.",
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            loaded: torch.jit.ScriptModule = torch.jit.load(  # type: ignore[no-untyped-call]
                io.BytesIO(content), map_location="cpu"
            )
    except (RuntimeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelRefused(
            f"The TorchScript of {name} cannot be loaded.",
            "Get the file again, or ask its makers for one that this version of torch reads.",
        ) from error
    return loaded.eval()


def _reaches_out(content: bytes) -> bool:
    """Whether the code in the file, which is text, mentions what it should not."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        code = [archive.read(one) for one in archive.namelist() if one.endswith(".py")]
    if not code:
        raise ValueError("there is no code in it")
    return any(_REACHES_OUT.search(text.decode()) for text in code)


def _difference(traced: nn.Module, answer: nn.Module, x: Tensor) -> float:
    expected = answer(x)
    return float((traced(x) - expected).abs().max() / expected.abs().max().clamp(min=1e-6))


def _refused(name: str, why: str) -> ModelRefused:
    return ModelRefused(
        f"The network of {name} cannot be written as TorchScript: {why}.",
        "Pass on the .gvtmodel file itself, or export a model with another network.",
    )
