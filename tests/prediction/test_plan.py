"""What a prediction is planned to take lies where there is room for it, and is what it takes."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gvtstudio.domain.errors import ResourcesMissing
from gvtstudio.networks.gvtnet_denoising.net import build_3d
from gvtstudio.prediction.flow import Flow
from gvtstudio.prediction.passes import candidates
from gvtstudio.prediction.plan import CARD_TILES, TILES, Limits, Plan, plan_prediction
from gvtstudio.prediction.streaming import Ends, StreamedPrediction, StreamSettings

FLOW = Flow(build_3d(base_channels=4).eval())
SIZE = (64, 256, 256)
PLENTY = 10**12
MUCH = Limits(PLENTY, PLENTY, Path(), card_bytes=PLENTY)
NO_CARD = replace(MUCH, card_bytes=None)


def planned(limits: Limits, tile: tuple[int, ...] = ()) -> Plan:
    return plan_prediction(FLOW, SIZE, limits, tile=tile)


def test_the_processor_keeps_and_computes_in_one_memory():
    plan = planned(NO_CARD)
    assert plan.settings.tile == TILES[3][0]
    assert plan.settings.keep
    assert plan.settings.on_card == plan.settings.scratch == ()
    assert plan.card_bytes == 0
    assert planned(replace(NO_CARD, memory_bytes=plan.memory_bytes)) == plan
    assert planned(replace(NO_CARD, memory_bytes=plan.memory_bytes - 1)) != plan


def test_what_is_kept_lies_on_the_card_where_it_has_room():
    plan = planned(MUCH)
    assert plan.settings.tile == CARD_TILES[3][0]
    assert plan.settings.on_card == plan.settings.keep != ()
    assert plan.scratch_bytes == 0
    assert plan.memory_bytes < plan.card_bytes / 20  # tiles on their way, and nothing else
    assert planned(replace(MUCH, card_bytes=plan.card_bytes)) == plan


def test_what_has_no_room_on_the_card_lies_in_memory_then_on_disk_then_nowhere():
    roomy = planned(MUCH)
    short = replace(MUCH, card_bytes=roomy.card_bytes - 1)
    in_memory = planned(short)
    assert in_memory.work == roomy.work
    assert in_memory.settings.keep == roomy.settings.keep
    assert set(in_memory.settings.on_card) < set(in_memory.settings.keep)
    assert in_memory.scratch_bytes == 0
    assert in_memory.memory_bytes > roomy.memory_bytes

    on_disk = planned(replace(short, memory_bytes=in_memory.memory_bytes - 1))
    assert on_disk.work == roomy.work
    assert on_disk.scratch_bytes > 0
    assert not set(on_disk.settings.scratch) & set(on_disk.settings.on_card)

    again = planned(replace(short, memory_bytes=in_memory.memory_bytes - 1, scratch_bytes=0))
    assert again.work > roomy.work
    assert set(again.settings.keep) < set(roomy.settings.keep)


@pytest.mark.parametrize("card", [PLENTY, 10**9, 3 * 10**8, 10**8, 3 * 10**7])
@pytest.mark.parametrize("memory", [PLENTY, 3 * 10**8, 10**7])
@pytest.mark.parametrize("scratch", [0, 10**8, PLENTY])
def test_no_plan_goes_beyond_its_limits(card: int, memory: int, scratch: int):
    plan = planned(Limits(memory, scratch, Path(), card_bytes=card))
    assert plan.card_bytes <= card
    assert plan.memory_bytes <= memory
    assert plan.scratch_bytes <= scratch
    assert set(plan.settings.on_card) | set(plan.settings.scratch) <= set(plan.settings.keep)


def test_more_room_never_means_more_work():
    room = [3 * 10**7, 10**8, 3 * 10**8, 10**9, PLENTY]
    tile = CARD_TILES[3][1]
    for least in (replace(MUCH, scratch_bytes=0), replace(NO_CARD, scratch_bytes=0)):
        named = "memory_bytes" if least.card_bytes is None else "card_bytes"
        work = []
        for size in room:
            limits = replace(least, **{"memory_bytes": 10**8, named: size})
            try:
                work.append(planned(limits, tile).work)
            except ResourcesMissing:
                assert not work
        assert len(work) > 2
        assert work == sorted(work, reverse=True)


def test_nothing_is_kept_where_it_may_not():
    for limits in (MUCH, NO_CARD):
        plan = planned(replace(limits, keeps=False))
        assert plan.settings.keep == ()
        assert plan.work > planned(limits).work
        assert plan.memory_bytes > 0


def test_half_the_precision_takes_half_the_memory():
    whole, half = planned(MUCH), planned(replace(MUCH, precision=torch.bfloat16))
    assert half.card_bytes == pytest.approx(whole.card_bytes / 2, rel=1e-3)


@pytest.mark.parametrize(
    ("limits", "memory", "remedy"),
    [
        (replace(MUCH, card_bytes=1000), "of the graphics card's memory, and 0 MB", "--device cpu"),
        (replace(MUCH, memory_bytes=-5), "of the computer's memory, and 0 MB", "--memory"),
        (replace(NO_CARD, memory_bytes=1000), "of the computer's memory, and 0 MB", "--memory"),
    ],
    ids=["card", "computer beside a card", "computer"],
)
def test_the_memory_that_is_short_is_named(limits: Limits, memory: str, remedy: str):
    with pytest.raises(ResourcesMissing, match="Even the smallest tiles need") as refused:
        planned(limits)
    assert memory in refused.value.message
    assert remedy in refused.value.remedy
    assert ("--memory" in refused.value.remedy) != ("--device" in refused.value.remedy)


def test_tiles_of_the_user_are_refused_where_they_do_not_fit():
    with pytest.raises(ResourcesMissing, match="64 × 256 × 256") as refused:
        planned(replace(MUCH, card_bytes=10**6), SIZE)
    assert "--tile" in refused.value.remedy


def test_where_things_lie_does_not_change_the_result(tmp_path: Path):
    """The processor stands for the card here: what lies on it is read without a detour."""
    size, keep = (16, 32, 32), tuple(candidates(FLOW))
    x = torch.randn(1, 1, *size, generator=torch.Generator().manual_seed(0))

    def restored(**places: tuple[str, ...]) -> torch.Tensor:
        answer = torch.full_like(x, torch.nan)
        settings = StreamSettings((8, 16, 16), keep, folder=tmp_path, **places)  # type: ignore[arg-type]
        StreamedPrediction(FLOW, settings).run(size, Ends(
            lambda region: x[(..., *(slice(*span) for span in region))],
            lambda region, values: answer[(..., *(slice(*span) for span in region))].copy_(values),
            lambda share: None,
        ))  # fmt: skip
        assert not answer.isnan().any()
        return answer

    in_memory = restored()
    assert torch.equal(restored(on_card=keep), in_memory)
    assert torch.equal(restored(on_card=keep[:2], scratch=keep[2:4]), in_memory)


MEASURE = """
import json, sys
import numpy as np, psutil, torch
from gvtstudio.networks.gvtnet_denoising.net import build_3d
from gvtstudio.prediction import allocation
from gvtstudio.prediction.settings import PredictionSettings
from gvtstudio.prediction.volume import VolumePredictor
allocation._glibc = lambda: None  # else what is free again would count
torch.set_num_threads(1)
one = VolumePredictor(build_3d(base_channels=16), PredictionSettings("cpu", "float32", "16,64,64"))
volume = np.zeros((16, 128, 128), np.float32)
one.predict(volume[:4, :8, :8], lambda done, total: None)
before = psutil.Process().memory_info().rss
open("/proc/self/clear_refs", "w").write("5")
one.predict(volume, lambda done, total: None)
lines = open("/proc/self/status").read().splitlines()
peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024
print(json.dumps([one.plan(volume.shape).memory_bytes, peak - before - volume.nbytes]))
"""


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells the peak of a stretch of time"
)
def test_a_prediction_takes_what_was_planned():
    """Memory that is free again goes back to the system here, so that only what is used counts."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True,
        env={**os.environ, "MALLOC_MMAP_THRESHOLD_": "262144"},
    )  # fmt: skip
    planned_bytes, taken = json.loads(done.stdout)
    assert 0.6 * planned_bytes < taken < 1.3 * planned_bytes
