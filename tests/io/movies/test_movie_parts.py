from itertools import pairwise

import numpy as np
import pytest

from gvtstudio.domain.errors import UsageError
from gvtstudio.io.movies import MOVIE_FORMATS, movie_format, open_movie
from gvtstudio.io.movies.bits import BitWriter, packed, unsigned
from gvtstudio.io.movies.h264_words import (
    CHROMA_TOTAL_ZEROS,
    COEFFICIENTS,
    NUMBER_OF_PATTERN,
    RUNS,
    TOTAL_ZEROS,
)
from gvtstudio.io.movies.plan import MoviePlan
from tests.io.movies.frames_for_tests import moving_frames


def test_fields_lie_behind_one_another():
    random = np.random.default_rng(3)
    lengths = random.integers(0, 33, 500).astype(np.uint8)
    codes = np.array([random.integers(0, 2 ** int(n)) for n in lengths], dtype=np.uint32)
    bits = "".join(f"{code:0{n}b}" for code, n in zip(codes, lengths, strict=True) if n)
    bits += "0" * (-len(bits) % 8)
    assert packed((codes, lengths)) == int(bits, 2).to_bytes(len(bits) // 8, "big")


def test_numbers_are_coded_alike_one_by_one_and_together():
    numbers = [0, 1, 2, 3, 7, 8, 255, 65534]
    assert packed(unsigned(np.array(numbers))) == packed(BitWriter().ue(*numbers).fields())


@pytest.mark.parametrize(("number", "bits"), [(0, "1"), (1, "010"), (-1, "011"), (2, "00100")])
def test_numbers_of_either_sign(number, bits):
    codes, lengths = BitWriter().se(number).fields()
    assert f"{codes[0]:0{lengths[0]}b}" == bits


@pytest.mark.parametrize("words", [COEFFICIENTS, TOTAL_ZEROS, CHROMA_TOTAL_ZEROS, RUNS])
def test_no_code_word_begins_another(words):
    for codes, lengths in zip(words.codes, words.lengths, strict=True):
        row = sorted(f"{c:0{n}b}" for c, n in zip(codes, lengths, strict=True) if n)
        assert len(row) > 1
        assert not any(b.startswith(a) for a, b in pairwise(row))


def test_every_pattern_of_blocks_has_a_number():
    assert sorted(NUMBER_OF_PATTERN) == list(range(48))


@pytest.mark.parametrize("ending", MOVIE_FORMATS)
def test_every_row_writes_a_movie(tmp_path, ending):
    path, frames = tmp_path / f"m{ending.upper()}", moving_frames(3, (20, 30))
    plan = MoviePlan(20, 30, 3, 10)
    with open_movie(movie_format(path), path, plan, frames.__getitem__) as movie:
        for frame in frames:
            movie.add(frame)
    signature = {".mp4": b"\0\0\0 ftyp", ".gif": b"GIF89a", ".png": b"\x89PNG\r\n"}[ending]
    assert path.read_bytes().startswith(signature)


@pytest.mark.parametrize("name", ["m", "m.avi", "m.tif"])
def test_other_endings_are_refused_with_those_there_are(tmp_path, name):
    with pytest.raises(UsageError, match=name) as refused:
        movie_format(tmp_path / name)
    assert refused.value.remedy == "Let the name end in .mp4, .gif or .png."
