"""A stack that is written while it is read is found out, be it a file or a folder."""

from gvtstudio.io.input_watch import InputWatch


def test_an_untouched_file_or_folder_has_not_changed(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"1")
    for path in (tmp_path, tmp_path / "a.bin"):
        assert InputWatch(path).change() == ""


def test_what_grows_has_changed(tmp_path):
    file = tmp_path / "folder" / "inner" / "a.bin"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"1")
    watches = [InputWatch(file), InputWatch(tmp_path / "folder")]
    file.write_bytes(b"12")
    assert all("was changed while it was read" in watch.change() for watch in watches)


def test_a_new_file_in_a_folder_is_a_change(tmp_path):
    (tmp_path / "plane1.tif").write_bytes(b"1")
    watch = InputWatch(tmp_path)
    (tmp_path / "plane2.tif").touch()
    assert watch.change()


def test_a_file_that_is_gone_was_whole_while_it_was_read(tmp_path):
    file = tmp_path / "a.bin"
    file.write_bytes(b"1")
    watch = InputWatch(file)
    file.unlink()
    assert watch.change() == ""
