import pytest

from gvtstudio.domain.errors import OutputUnwritable
from gvtstudio.io.atomic import atomic_file, write_bytes


def test_the_file_appears_only_when_it_is_whole(tmp_path):
    target = tmp_path / "new folder" / "Ünï 细胞.tif"
    with atomic_file(target, overwrite=False) as temporary:
        assert temporary.parent == target.parent
        assert temporary.suffix == ".tif"
        temporary.write_bytes(b"whole")
        assert not target.exists()
    assert target.read_bytes() == b"whole"
    assert list(target.parent.iterdir()) == [target]


def write_then(target, *, overwrite, action):
    with atomic_file(target, overwrite=overwrite) as temporary:
        temporary.write_bytes(b"new")
        action()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, MemoryError])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, error):
    target = tmp_path / "result.tif"
    target.write_bytes(b"old")

    def fail():
        raise error

    with pytest.raises(error):
        write_then(target, overwrite=True, action=fail)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_an_existing_file_is_kept(tmp_path):
    target = tmp_path / "result.tif"
    target.write_bytes(b"old")
    with pytest.raises(OutputUnwritable, match=r"result.tif exists already"):
        write_bytes(target, b"new", overwrite=False)
    assert target.read_bytes() == b"old"


def test_a_file_that_appears_meanwhile_is_kept(tmp_path):
    target = tmp_path / "result.tif"
    with pytest.raises(OutputUnwritable):
        write_then(target, overwrite=False, action=lambda: target.write_bytes(b"of somebody else"))
    assert target.read_bytes() == b"of somebody else"
    assert list(tmp_path.iterdir()) == [target]


def test_replacing_when_told(tmp_path):
    target = tmp_path / "result.json"
    write_bytes(target, b"one")
    write_bytes(target, b"two")
    assert target.read_bytes() == b"two"


def test_trouble_of_the_system_is_told_in_words(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputUnwritable) as caught:
        write_bytes(tmp_path / "file" / "result.json", b"x")
    assert "result.json" in caught.value.message
    assert caught.value.remedy


def test_the_longest_name_a_file_system_allows(tmp_path):
    target = tmp_path / ("细" * 83 + ".json")
    write_bytes(target, b"x")
    assert target.read_bytes() == b"x"
