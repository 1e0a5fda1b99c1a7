"""Which contexts a sweep compares."""

import pytest

from gvtstudio.networks import ARCHITECTURES
from gvtstudio.prediction.contexts import LEAST, halved_contexts
from gvtstudio.prediction.mirrored import padded_size
from gvtstudio.prediction.plan import fitted_tile

VOLUMES = ARCHITECTURES["gvtnet_denoising_3d"].needs
IMAGES = ARCHITECTURES["gvtnet_denoising_2d"].needs
SHAPES = [(57, 256, 256), (95, 1024, 1024), (68, 130, 131), (40, 70, 500), (1, 512, 300)]


def test_the_whole_is_halved_until_it_is_small():
    size = padded_size(VOLUMES, (95, 1024, 1024))
    assert size == (96, 1024, 1024)
    assert halved_contexts(VOLUMES, size) == [
        (16, 64, 64), (16, 128, 128), (24, 256, 256), (48, 512, 512)
    ]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("needs", [VOLUMES, IMAGES], ids=["volumes", "images"])
def test_contexts_grow_and_are_contexts_a_prediction_takes_as_they_are(needs, shape):
    size = padded_size(needs, shape)
    contexts = halved_contexts(needs, size)
    assert contexts
    for context, larger in zip(contexts, [*contexts[1:], size], strict=True):
        assert context != larger
        assert all(a <= b for a, b in zip(context, larger, strict=True))
        assert fitted_tile(needs, context, size) == context


@pytest.mark.parametrize("shape", SHAPES)
def test_no_part_of_a_default_context_is_thin(shape):
    size = padded_size(VOLUMES, shape)
    for context in halved_contexts(VOLUMES, size):
        for part, whole, least in zip(context, size, LEAST, strict=True):
            assert part >= least
            assert (whole % part or part) >= part / 2


@pytest.mark.parametrize("shape", [(5, 60, 60), (28, 124, 100), (16, 64, 64)])
def test_small_volumes_are_not_cut(shape):
    assert halved_contexts(VOLUMES, padded_size(VOLUMES, shape)) == []


@pytest.mark.parametrize(
    ("context", "taken"),
    [((1, 1, 1), (4, 4, 4)), ((7, 33, 64), (4, 32, 48)), ((999, 18, 40), (20, 16, 40))],
)
def test_a_given_context_becomes_what_the_prediction_makes_of_it(context, taken):
    assert fitted_tile(VOLUMES, context, (20, 64, 48)) == taken
