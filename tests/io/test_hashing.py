import hashlib

import pytest

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.io.hashing import sha256_of_file


@pytest.mark.parametrize("content", [b"", b"abc", bytes(3_000_000)])
def test_equals_the_hash_of_the_content(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    assert sha256_of_file(path) == hashlib.sha256(content).hexdigest()


def test_missing_file_and_folder_are_told(tmp_path):
    with pytest.raises(FileUnreadable, match="not found"):
        sha256_of_file(tmp_path / "gone")
    with pytest.raises(FileUnreadable, match="folder"):
        sha256_of_file(tmp_path)
