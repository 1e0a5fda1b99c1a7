"""Looking at scenes from the window: one by one, also round those that bring the engine down."""

import sys
from pathlib import Path

import pytest

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.stack import StackInfo
from gvtstudio.services.job_queue import JobQueue
from gvtstudio.services.notifications import Notifications
from gvtstudio.services.scene_finder import FoundScene, SceneFinder
from tests.services.stacks import write_scenes

# Tells of every scene but the fatal ones, at which it dies.
_FATAL_ENGINE = """
import json, os, sys
from pathlib import Path

request = json.loads(Path(sys.argv[1], "request.json").read_text(encoding="utf-8"))
fatal = {int(number) for number in Path(request["path"]).stem.split("_")[1:]}
for scene in range(request["first"], 5):
    if scene in fatal:
        os._exit(9)
    print(json.dumps({"type": "scene", "scene": scene, "name": f"s{scene}"}), flush=True)
print(json.dumps({"type": "finished"}), flush=True)
"""


def described(path: Path, count: int) -> StackInfo:
    names = tuple(f"s{number}" for number in range(count))
    return StackInfo(
        str(path), (1, 1, 1, 8, 8), "uint8", default_channels(1), Calibration(), scene_names=names
    )


@pytest.fixture
def fatal_queue(qtbot, tmp_path):
    engine = tmp_path / "engine.py"
    engine.write_text(_FATAL_ENGINE, encoding="utf-8")
    queue = JobQueue(tmp_path / "jobs", Notifications(), [sys.executable, str(engine)])
    yield queue
    queue.shut_down()


def heard_from(finder: SceneFinder) -> list[FoundScene]:
    found: list[FoundScene] = []
    finder.scene_found.connect(found.append)
    return found


@pytest.mark.parametrize(
    ("name", "refused"),
    [("good", []), ("bad_2", [2]), ("bad_0_4", [0, 4]), ("bad_1_2", [1, 2, 3, 4])],
)
def test_every_scene_is_told_once_whatever_the_engine_does(qtbot, fatal_queue, name, refused):
    finder = SceneFinder(fatal_queue)
    found = heard_from(finder)
    finder.look_at(described(Path(f"/data/{name}.lif"), 5))
    finder.look_at(described(Path("/data/second.lif"), 5))
    qtbot.waitUntil(lambda: len(found) == 10, timeout=20_000)
    assert [scene.dataset for scene in found[:5]] == [
        (f"/data/{name}.lif", number) for number in range(5)
    ]
    assert [scene.look.scene for scene in found[:5] if scene.look.refused] == refused
    assert not any(scene.look.refused for scene in found[5:])
    qtbot.waitUntil(lambda: fatal_queue.jobs == (), timeout=10_000)


def test_pictures_are_there_while_it_is_told_and_gone_later(qtbot, workbench, tmp_path):
    info = described(write_scenes(tmp_path / "two.ome.tif"), 2)
    pictures: list[tuple[str, bool]] = []
    workbench.scenes.scene_found.connect(
        lambda found: pictures.append((found.look.picture, Path(found.look.picture).is_file()))
    )
    workbench.scenes.look_at(info)
    qtbot.waitUntil(lambda: len(pictures) == 2 and not workbench.queue.jobs, timeout=20_000)
    assert [was_there for _, was_there in pictures] == [True, True]
    assert not any(Path(path).exists() for path, _ in pictures)


def test_nothing_is_told_once_nobody_asks(qtbot, workbench, tmp_path):
    found = heard_from(workbench.scenes)
    for name in ("a.ome.tif", "b.ome.tif"):
        workbench.scenes.look_at(described(write_scenes(tmp_path / name), 2))
    workbench.scenes.forget()
    qtbot.waitUntil(lambda: workbench.queue.jobs == (), timeout=20_000)
    assert found == []
    workbench.scenes.look_at(described(tmp_path / "a.ome.tif", 2))
    qtbot.waitUntil(lambda: len(found) == 2, timeout=20_000)
