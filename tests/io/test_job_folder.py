import pytest

from gvtstudio.domain.errors import FileUnreadable, OutputUnwritable
from gvtstudio.domain.job import (
    EvaluateRequest,
    ExportRequest,
    InspectRequest,
    RestoreRequest,
    SimulateRequest,
    SweepRequest,
    TrainRequest,
)
from gvtstudio.domain.messages import Failed, Finished, Stopped
from gvtstudio.domain.region import Region
from gvtstudio.io.job_folder import JobFolder, new_job_folder

REQUESTS = [
    InspectRequest(paths=("/data/Ünï 中文.tif",)),
    RestoreRequest(
        input="/a.tif",
        model="m",
        output_dir="/o",
        region=Region.whole((1, 2, 3, 4, 5)),
        tile="1,2,3",
    ),
    TrainRequest(
        task="denoising", pairs=(("a", "b"),), out="m.gvtmodel", parameters={"n": 3, "f": 0.5}
    ),
    ExportRequest(source="/a.tif", destination="/b.tif"),
    SimulateRequest(recipe="cells", output_dir="/o", seed=3),
    EvaluateRequest(restored=("/a.tif",), target=("/b.tif",)),
    SweepRequest(input="/a.tif", target="/b.tif", model="m", contexts=("1,2,3",)),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: type(r).__name__)
def test_a_request_comes_back_as_it_was(tmp_path, request_):
    job = new_job_folder(tmp_path, "restore")
    job.write_request(request_)
    assert job.read_request() == request_
    assert "\n  " in job.request_path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "result", [Finished(outputs=("/o/细胞.tif",)), Failed("No.", "Do.", 3), Stopped()]
)
def test_a_result_comes_back_as_it_was(tmp_path, result):
    job = new_job_folder(tmp_path, "restore")
    assert job.read_result() is None
    job.write_result(result)
    assert job.read_result() == result


def test_folders_sort_by_time_and_are_never_the_same(tmp_path):
    jobs = [new_job_folder(tmp_path / "jobs", kind) for kind in ("train", "restore") * 10]
    names = [job.path.name for job in jobs]
    assert names == sorted(names)
    assert len(set(names)) == 20
    assert all(job.path.is_dir() for job in jobs)


def test_files_lie_inside(tmp_path):
    job = new_job_folder(tmp_path, "train")
    for path in (job.request_path, job.result_path, job.log_path, job.checkpoint_dir):
        assert path.parent == job.path


@pytest.mark.parametrize("content", [b"", b"{", b'{"type": "dance"}', b"\xff\xfe", b"[]"])
def test_a_damaged_request_is_told(tmp_path, content):
    job = new_job_folder(tmp_path, "train")
    job.request_path.write_bytes(content)
    with pytest.raises(FileUnreadable, match="damaged"):
        job.read_request()


def test_a_missing_request_is_told(tmp_path):
    with pytest.raises(FileUnreadable, match=r"request.json was not found"):
        new_job_folder(tmp_path, "train").read_request()


def test_a_damaged_result_counts_as_none(tmp_path):
    job = new_job_folder(tmp_path, "train")
    job.result_path.write_bytes(b"{half")
    assert job.read_result() is None


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputUnwritable):
        new_job_folder(tmp_path / "file", "train")


def test_what_a_training_kept_is_removed_and_nothing_else(tmp_path):
    folder = JobFolder(tmp_path / "m.training")
    preview = folder.preview_dir / "step-00000000.gvtscratch"
    for path in (folder.best_model_path, folder.history_path, preview):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    own = folder.path / "notes.txt"
    own.write_text("precious")
    folder.forget_training()
    assert list(folder.path.iterdir()) == [own]
    own.unlink()
    folder.forget_training()
    assert not folder.path.exists()
    folder.forget_training()
