"""A stand-in engine in plain Python: quick to start, and it can be told to misbehave."""

import sys
from pathlib import Path

# It reads the request as the real engine does and speaks the same lines; the recipe of a
# simulation says how it behaves.
ENGINE = """
import json, os, sys, time
from pathlib import Path

request = json.loads(Path(sys.argv[1], "request.json").read_text(encoding="utf-8"))
behaviour = request.get("recipe") or request.get("model") or "finish"


def say(kind, **fields):
    sys.stdout.write(json.dumps({"type": kind, **fields}) + "\\n")
    sys.stdout.flush()


say("started", pid=os.getpid(), version="test")
if behaviour == "pieces":
    line = json.dumps({"type": "progress", "stage": "Working", "done": 3, "total": 4})
    for piece in (line[:10], line[10:25], line[25:] + "\\n"):
        sys.stdout.write(piece)
        sys.stdout.flush()
        time.sleep(0.05)
if behaviour == "foreign":
    print("a library says hello")
    sys.stdout.buffer.write(b"\\xff\\xfe broken bytes\\n")
    sys.stdout.flush()
    print("a warning on the other stream", file=sys.stderr)
    say("log", text="A sentence.", level="info")
if behaviour == "silent":
    sys.exit(7)
if behaviour in ("wait", "stubborn"):
    say("progress", stage="Waiting", done=1, total=10, unit="steps", seconds_left=90.0)
    if behaviour == "stubborn":
        time.sleep(60)
    for line in sys.stdin:
        if json.loads(line)["type"] == "cancel":
            say("stopped")
            sys.exit(5)
    sys.exit(5)
if behaviour == "grow":
    # A restoration that can be gone on with: half of it, then a wait; the other half when resumed.
    from gvtstudio.domain.calibration import Calibration
    from gvtstudio.domain.channel import default_channels
    from gvtstudio.domain.region import Region
    from gvtstudio.domain.stack import StackInfo
    from gvtstudio.io.job_folder import JobFolder
    from gvtstudio.io.scratch_stack import ScratchStack
    import numpy as np

    folder = JobFolder(Path(sys.argv[1]))
    assert request["resumable"]
    goes_on = folder.journal_path.exists()
    info = StackInfo("a.tif", (1, 4, 1, 8, 8), "uint16", default_channels(1), Calibration())
    name = folder.unfinished_path.name
    with ScratchStack(info, folder.path, name, goes_on=goes_on) as scratch:
        for z in range(2, 4) if goes_on else range(2):
            whole = Region.whole(info.shape).only(z=z)
            scratch.put_region(whole, np.full(whole.shape, 7 + z, np.uint16))
            folder.journal_path.write_bytes(b"so far")
            say("preview", path=str(folder.unfinished_path))
    if goes_on:
        folder.forget_unfinished()
    else:
        for line in sys.stdin:
            if json.loads(line)["type"] == "cancel":
                break
        say("stopped")
        sys.exit(5)
if behaviour == "train":
    # A training that waits after a validation; it goes on from its checkpoint, or ends well early.
    checkpoint = Path(sys.argv[1], "checkpoint")
    assert request["resume"] == checkpoint.exists()
    checkpoint.mkdir(exist_ok=True)
    values = {"validation_psnr_db": 24.5, "learning_rate": 1e-4, "best_step": 20}
    say("score", step=20, values=values)
    if not request["resume"]:
        for line in sys.stdin:
            if json.loads(line)["type"] == "cancel":
                say("stopped")
                sys.exit(5)
            break
    say("finished", outputs=[request["out"]], verdict="It is better than the filter.")
    sys.exit(0)
if behaviour == "crops":
    say("preview", path=sys.argv[1] + "/crop")
if behaviour == "fail":
    say("failed", message="The stack is empty.", remedy="Choose another.", exit_code=3, details="")
    sys.exit(3)
say("progress", stage="Working", done=4, total=4)
say("finished", outputs=[request.get("output_dir", "") + "/made.tif"])
"""


def write_stand_in(folder: Path) -> tuple[str, ...]:
    """The command of the stand-in engine."""
    program = folder / "engine.py"
    program.write_text(ENGINE, encoding="utf-8")
    return (sys.executable, str(program))
