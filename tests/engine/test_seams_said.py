"""What a restoration in blended tiles says of the places where they meet."""

from pathlib import Path

import numpy as np
import pytest

from gvtstudio.domain.job import RestoreRequest
from gvtstudio.domain.messages import Finished, Log, Message
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.imaging.seams import VISIBLE, seam_sentence
from gvtstudio.io.provenance_file import read_provenance
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.prediction.model import build_network, save_model
from tests.engine.stacks_for_tests import do, noisy, write_stack

TINY = {"base_channels": 8, "cells": 1, "heads": 2}


@pytest.fixture
def blended_model(tmp_path: Path) -> Path:
    """A network that does not stream; what it makes is no picture."""
    network = build_network(ARCHITECTURES["cnnt"], TINY)
    card = ModelCard(
        name="blended",
        title="Tiny",
        summary="For tests.",
        task="denoising",
        architecture="cnnt",
        architecture_parameters=TINY,
        parameter_count=sum(p.numel() for p in network.parameters()),
        axes="ZYX",
        normalisation_percentiles=(2.0, 99.8),
    )
    path = tmp_path / "blended.gvtmodel"
    image = np.random.default_rng(0).random((8, 16, 16), np.float32)
    save_model(path, network, card, image, overwrite=False)
    return path


def restored(folder: Path, model: Path, tile: str) -> tuple[Finished, list[Message]]:
    path = write_stack(
        folder / "a.ome.tif", np.stack([noisy((16, 28, 24), seed=t) for t in range(2)]), "TZYX"
    )
    request = RestoreRequest(
        input=str(path),
        model=str(model),
        output_dir=str(folder / "out"),
        device="cpu",
        precision="float32",
        tile=tile,
    )
    finished, said = do(request, folder / "job")
    assert isinstance(finished, Finished), finished
    return finished, said


def test_the_worst_volume_is_told_and_goes_into_the_provenance(tmp_path, blended_model):
    finished, said = restored(tmp_path, blended_model, "16,16,16")
    ratio = finished.numbers["seam_ratio"]
    assert 0 < ratio < 100
    told = [(m.text, m.level) for m in said if isinstance(m, Log) and "tiles" in m.text]
    assert told == [seam_sentence(ratio)]
    assert (told[0][1] == "warning") == (ratio > VISIBLE)
    provenance = read_provenance(Path(finished.outputs[0]))
    assert provenance is not None
    assert provenance.numbers["seam_ratio"] == ratio


@pytest.mark.parametrize("name", ["blended_model", "tiny_model"])
def test_without_blended_tiles_nothing_is_said_of_seams(tmp_path, request, name: str):
    finished, said = restored(tmp_path, request.getfixturevalue(name), "whole")
    assert "seam_ratio" not in finished.numbers
    assert not any("tiles" in m.text for m in said if isinstance(m, Log))
