"""A network in tiles, exchanging nothing but sums, gives what it gives in one piece."""

from math import prod
from pathlib import Path

import hypothesis
import pytest
import torch
from hypothesis import strategies as st

from gvtstudio.domain.errors import Cancelled, OutputUnwritable
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.networks.layers.global_voxel_transformer import GlobalVoxelTransformer
from gvtstudio.prediction.flow import Flow
from gvtstudio.prediction.passes import candidates, plan_passes, work_of
from gvtstudio.prediction.streaming import Ends, StreamedPrediction, StreamSettings, tiles_of
from tests.networks.rows import built, first, image, slim

STREAMED = [name for name, spec in ARCHITECTURES.items() if spec.needs.streams_exactly]
SLIM = {"rcan_3d": {"groups": 2, "blocks": 1, "features": 8}}


def prepared(name: str) -> Flow:
    """With global operators that matter: at new weights they hardly change anything."""
    network = built(name, **SLIM.get(name, slim(name)))
    for module in network.modules():
        if isinstance(module, GlobalVoxelTransformer):
            for layer in (module.key, module.value, module.out):
                torch.nn.init.normal_(layer.weight, std=0.5)
    return Flow(network)


def cut(name: str, tile: tuple[int, ...], size: tuple[int, ...]) -> tuple[int, ...]:
    """A tile in multiples of the divisor; axes that must not be cut stay whole."""
    needs = ARCHITECTURES[name].needs
    return tuple(
        n if field is None else t * d
        for t, n, d, field in zip(
            tile[-needs.dims :], size, needs.size_divisor, needs.receptive_field, strict=True
        )
    )


def streamed(flow: Flow, x: torch.Tensor, settings: StreamSettings) -> torch.Tensor:
    """The answer put together from what was written, every voxel exactly once."""
    size = tuple(x.shape[2:])
    extent = [n for _, n in flow.extent(flow.answer, size)]
    answer = torch.full((len(x), flow.steps[flow.answer].channels, *extent), torch.nan)
    shares = [0.0]

    def read(region) -> torch.Tensor:
        return x[(..., *(slice(a, b) for a, b in region))]

    def write(region, values: torch.Tensor) -> None:
        place = answer[(..., *(slice(a, b) for a, b in region))]
        assert place.isnan().all()
        place.copy_(values)

    StreamedPrediction(flow, settings).run(size, Ends(read, write, shares.append))
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert not answer.isnan().any()
    return answer


def whole(flow: Flow, x: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return first(flow.network(x))


def difference(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).abs().max() / other.abs().max())


@pytest.mark.parametrize("name", STREAMED)
@pytest.mark.parametrize("keeps", ["nothing", "everything"])
def test_streamed_equals_whole(name: str, keeps: str):
    flow = prepared(name)
    divisor = ARCHITECTURES[name].needs.size_divisor
    size = tuple(max(3 * d, 7) if d > 1 else 7 for d in divisor)
    size = tuple(-(-n // d) * d for n, d in zip(size, divisor, strict=True))
    x = image(flow.network, size)
    keep = tuple(candidates(flow)) if keeps == "everything" else ()
    tile = cut(name, (1, 2, 1) if max(divisor) > 1 else (4, 3, 5), size)
    assert difference(streamed(flow, x, StreamSettings(tile, keep)), whole(flow, x)) < 1e-4


DENOISING = prepared("gvtnet_denoising_3d")


@hypothesis.settings(max_examples=25)
@hypothesis.given(
    size=st.tuples(*[st.integers(1, 6)] * 3),
    tile=st.tuples(*[st.integers(1, 4)] * 3),
    keep=st.sets(st.sampled_from(candidates(DENOISING))),
)
def test_neither_tiles_nor_what_is_kept_change_the_result(size, tile, keep):
    x = image(DENOISING.network, tuple(4 * n for n in size))
    settings = StreamSettings(tuple(4 * n for n in tile), tuple(keep))
    assert difference(streamed(DENOISING, x, settings), whole(DENOISING, x)) < 1e-4


def test_images_of_a_batch_are_streamed_side_by_side():
    flow = prepared("gvtnet_denoising_2d")
    x = image(flow.network, (24, 32), batch=3)
    settings = StreamSettings((8, 16), tuple(candidates(flow)))
    assert difference(streamed(flow, x, settings), whole(flow, x)) < 1e-4


def test_activations_on_scratch_disk_give_the_same_bits(tmp_path: Path):
    x = image(DENOISING.network, (8, 24, 24))
    keep = tuple(candidates(DENOISING))
    in_memory = streamed(DENOISING, x, StreamSettings((8, 8, 8), keep))
    on_disk = StreamSettings((8, 8, 8), keep, scratch=keep, folder=tmp_path)
    assert torch.equal(streamed(DENOISING, x, on_disk), in_memory)
    assert list(tmp_path.iterdir()) == []


def test_a_full_scratch_disk_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", refuse, raising=False)
    keep = tuple(candidates(DENOISING))
    settings = StreamSettings((8, 8, 8), keep, scratch=keep, folder=tmp_path)
    with pytest.raises(OutputUnwritable, match="no room") as refused:
        streamed(DENOISING, image(DENOISING.network, (8, 8, 16)), settings)
    assert refused.value.remedy


def test_bfloat16_in_tiles_stays_near_the_whole_in_float32():
    x = image(DENOISING.network, (8, 24, 24))
    settings = StreamSettings((8, 8, 8), tuple(candidates(DENOISING)), precision=torch.bfloat16)
    assert difference(streamed(DENOISING, x, settings), whole(DENOISING, x)) < 0.05


def test_a_cancelled_prediction_stops_inside_a_tile():
    x = image(DENOISING.network, (8, 24, 24))
    heard = []

    def report(share: float) -> None:
        heard.append(share)
        if len(heard) == 3:
            raise Cancelled

    work = StreamedPrediction(DENOISING, StreamSettings((8, 8, 8)))
    with pytest.raises(Cancelled):
        work.run((8, 24, 24), Ends(lambda r: x[(..., *(slice(*s) for s in r))], _never, report))
    assert len(heard) == 3
    assert 0 < heard[2] < 1 / 9 / 4


def _never(*_: object) -> None:
    raise AssertionError("nothing is written before the last pass")


def test_every_barrier_ends_a_pass_and_what_is_kept_is_freed():
    passes = plan_passes(DENOISING, candidates(DENOISING))
    assert [each.barrier for each in passes] == ["bottom", "up2", "up1", None]
    kept = [name for each in passes for name in each.keeps]
    freed = [name for each in passes for name in each.frees]
    assert sorted(kept) == sorted(freed) == sorted(candidates(DENOISING))


def test_keeping_activations_saves_work():
    tile = tuple((32, 64) for _ in range(3))
    size = (96, 96, 96)
    work = [
        sum(work_of(DENOISING, plan_passes(DENOISING, keep), tile, size))
        for keep in ((), candidates(DENOISING)[:4], candidates(DENOISING))
    ]
    assert work == sorted(work, reverse=True)
    assert work[2] < 0.5 * work[0]


def test_work_of_one_piece_is_that_of_the_network():
    """Against the multiplications of the layers counted by hand for 16 × 16 × 16 voxels."""
    size = (16, 16, 16)
    keep = candidates(DENOISING)
    counted = sum(work_of(DENOISING, plan_passes(DENOISING, keep), ((0, 16),) * 3, size))
    by_hand = 0
    for step in DENOISING.steps.values():
        if step.layer is not None and step.scale and step.name != "scale_head":
            by_hand += step.work * prod(int(16 * s) for s in step.scale)
    assert counted == by_hand


@pytest.mark.parametrize("tile", [(4, 4), (3, 5), (100, 100)])
def test_tiles_cover_a_volume_once(tile: tuple[int, int]):
    covered = torch.zeros(10, 12)
    for (a, b), (c, d) in tiles_of(((0, 10), (0, 12)), tile):
        covered[a:b, c:d] += 1
    assert (covered == 1).all()
