"""What the engine can be asked to do: the ``request.json`` of a job folder.

Every path is absolute. ``job_folder`` is where the job keeps its own files; results that the user
asked for go where the request says.
"""

from typing import Literal

import msgspec

from gvtstudio.domain.analysis import AnalyseRequest
from gvtstudio.domain.figure import FigureRequest
from gvtstudio.domain.file_names import DEFAULT_TEMPLATE
from gvtstudio.domain.movie import MovieRequest
from gvtstudio.domain.parameters import Value
from gvtstudio.domain.reading import Reading
from gvtstudio.domain.region import Region
from gvtstudio.domain.scene_looks import ScenesRequest

Dtype = Literal["same", "float32"]
ExportDtype = Literal["same", "uint8", "uint16", "float32"]
Statistic = Literal["mean", "median", "mode"]
Precision = Literal["auto", "float32", "bfloat16", "float16"]


class InspectRequest(msgspec.Struct, frozen=True, tag="inspect", kw_only=True):
    """Describe files: axes, size, type, channels, voxel size.

    Args:
        paths: The files.
        scenes: Dataset inside each of them; empty takes the first of every file.
        voxel_size: ``Z,Y,X`` in µm of all, where the user knows better; empty: the files'.
        axes: What the planes of all are, such as ``TZ`` or ``ZC2``; empty: as the files say.
        readings: What was said earlier of each of them, in place of the two before; where that does
            not fit the file any more, it is left out with a warning.
    """

    paths: tuple[str, ...]
    scenes: tuple[int, ...] = ()
    voxel_size: str = ""
    axes: str = ""
    readings: tuple[Reading, ...] = ()


class RestoreRequest(msgspec.Struct, frozen=True, tag="restore", kw_only=True):
    """Restore one stack with one model.

    Args:
        input: File to restore.
        scene: Dataset inside the file.
        channel: Restore only this one, counted from 1; 0 for all.
        model: Name of a bundled or own model, path of a ``.gvtmodel``, or row of ``ZERO_SHOT``.
        parameters: Values of the parameters that the row of ``ZERO_SHOT`` declares.
        task: Task the user asked for; empty takes the model's.
        voxel_size: ``Z,Y,X`` in µm, where the user knows better than the file; empty: the file's.
        axes: What its planes are, such as ``TZ`` or ``ZC2``; empty: as the file says.
        output_dir: Folder for the result.
        output_name: File name without extension; empty makes one by the template.
        name_template: How the result is called, with ``NAME_FIELDS`` in braces.
        format: Row of ``EXPORTERS``.
        dtype: Type of the result.
        device: ``auto``, ``cpu``, ``cuda:0`` …
        precision: Arithmetic of the network.
        tile: How the work is cut: ``auto``, ``whole`` or ``Z,Y,X`` in voxels.
        memory: What the engine may take, such as ``4GB``; ``auto`` takes a share of what is free.
        context: What global operators may see: ``whole`` or ``Z,Y,X`` in voxels.
        flips: Restore the mirror images too and average, in four times the time.
        resample: Bring the stack to the voxel size the model has seen, and the result back to the
            voxels of the stack.
        statistic: What a voxel is taken for where the network knows the odds of every brightness.
        uncertainty: Add a channel with the width of the distribution around each voxel; the result
            is float32.
        height_map: Add a channel with the plane in which the surface was found, counted from 0, to
            a projection; the result is float32.
        overwrite: Replace an existing result.
        region: Restore only this part, for a preview; the result holds nothing else.
        forecast_only: Say what it would take, and restore nothing.
        resumable: Keep what is done in the job folder when the job is interrupted, and go on from
            what is there.
    """

    input: str
    scene: int = 0
    channel: int = 0
    model: str
    parameters: dict[str, Value] = {}
    task: str = ""
    voxel_size: str = ""
    axes: str = ""
    output_dir: str
    output_name: str = ""
    name_template: str = DEFAULT_TEMPLATE
    format: str = "ome-tiff"
    dtype: Dtype = "same"
    device: str = "auto"
    precision: Precision = "auto"
    tile: str = "auto"
    memory: str = "auto"
    context: str = "whole"
    flips: bool = False
    resample: bool = False
    statistic: Statistic = "mean"
    uncertainty: bool = False
    height_map: bool = False
    overwrite: bool = False
    region: Region | None = None
    forecast_only: bool = False
    resumable: bool = False

    @property
    def extras(self) -> dict[str, str]:
        """What is wanted beside the restored image: the network's word for it, and ours."""
        height = {"height": "height map"} if self.height_map else {}
        return height | ({"scale": "uncertainty"} if self.uncertainty else {})


class TrainRequest(msgspec.Struct, frozen=True, tag="train", kw_only=True):
    """Train a model from pairs of files or from a simulation.

    Args:
        task: Row of ``TASKS``.
        architecture: Row of ``ARCHITECTURES``; empty takes the task's first.
        pairs: (input file, target file); empty means simulation.
        stacks: Files to learn from by themselves, for tasks that need no pairs.
        voxel_size: ``Z,Y,X`` in µm, where the user knows better than the files; empty: theirs.
        axes: What the planes of all files are, such as ``TZ`` or ``ZC2``; empty: as they say.
        recipe: Simulation recipe, when there are no pairs.
        start_model: Model to fine-tune; empty starts from new weights.
        parameters: Values of the task's declared training parameters.
        architecture_parameters: Values of the architecture's declared parameters.
        out: Model package to write.
        resume: Continue from the checkpoint in the job folder.
        device: ``auto``, ``cpu``, ``cuda:0`` …
        precision: Arithmetic of the training.
        overwrite: Replace an existing model package.
    """

    task: str
    architecture: str = ""
    pairs: tuple[tuple[str, str], ...] = ()
    stacks: tuple[str, ...] = ()
    voxel_size: str = ""
    axes: str = ""
    recipe: str = ""
    start_model: str = ""
    parameters: dict[str, Value] = {}
    architecture_parameters: dict[str, Value] = {}
    out: str
    resume: bool = False
    device: str = "auto"
    precision: Precision = "auto"
    overwrite: bool = False


class ExportRequest(msgspec.Struct, frozen=True, tag="export", kw_only=True):
    """Write a stack to another file or format.

    Args:
        source: File to read.
        scene: Dataset inside the file.
        voxel_size: ``Z,Y,X`` in µm, where the user knows better than the file; empty: the file's.
        axes: What its planes are, such as ``TZ`` or ``ZC2``; empty: as the file says.
        destination: File to make, or a folder (which is there, or ends in a slash) for one that is
            named by the template.
        name_template: How a file in a folder is called, with ``NAME_FIELDS`` in braces.
        format: Row of ``EXPORTERS``.
        dtype: Type of the voxels; a narrower one clips what lies beyond it, and says so.
        limits: Intensities that become the smallest and largest value of an integer type; ``None``
            keeps intensities in their units.
        overwrite: Replace an existing file.
    """

    source: str
    scene: int = 0
    voxel_size: str = ""
    axes: str = ""
    destination: str
    name_template: str = DEFAULT_TEMPLATE
    format: str = "ome-tiff"
    dtype: ExportDtype = "same"
    limits: tuple[float, float] | None = None
    overwrite: bool = False


class SimulateRequest(msgspec.Struct, frozen=True, tag="simulate", kw_only=True):
    """Simulate noisy stacks with their truth.

    Writes ``noisy/<recipe>_<seed>.tif`` and ``truth/<recipe>_<seed>.tif`` in ``output_dir``.
    """

    recipe: str
    output_dir: str
    count: int = 1
    seed: int = 0
    parameters: dict[str, Value] = {}
    overwrite: bool = False


class RegisterRequest(msgspec.Struct, frozen=True, tag="register", kw_only=True):
    """Find a stack of low magnification in one of high magnification of the same place.

    Args:
        low: The stack that is registered.
        high: The stack in whose frame it is wanted.
        low_scene: Dataset inside the file of ``low``.
        high_scene: Dataset inside the file of ``high``.
        magnification: Pixels of ``high`` for one of ``low``; 0 takes it from the voxel sizes, or
            finds it.
        out: File to write, ``low`` in the frame and pixels of ``high``; empty writes none.
        format: Row of ``EXPORTERS``.
        overwrite: Replace an existing file.
    """

    low: str
    high: str
    low_scene: int = 0
    high_scene: int = 0
    magnification: float = 0.0
    out: str = ""
    format: str = "ome-tiff"
    overwrite: bool = False


class RerunRequest(msgspec.Struct, frozen=True, tag="rerun", kw_only=True):
    """Make a result again and say whether it is the same.

    Args:
        result: File that this program restored.
        input: Where its input is now; empty: where it was, or beside the result.
        model: Where its model is now; empty: as it was named then.
        out: Folder to keep the new file in; empty: it is removed once it is compared.
    """

    result: str
    input: str = ""
    model: str = ""
    out: str = ""


class EvaluateRequest(msgspec.Struct, frozen=True, tag="evaluate", kw_only=True):
    """Measure restored stacks against their targets.

    Args:
        restored: The stacks to judge.
        target: The good ones, in the same order.
        restored_scene: Dataset inside each of the restored files.
        target_scene: Dataset inside each of the good ones.
        mask: Where to measure, one for each pair or one for all; empty measures everywhere.
        against: Another model's results for the same stacks, in the same order.
        metrics: Rows of ``MEASURES``; empty takes the usual four.
        labels: The stacks hold labels: measure the overlap of every class instead.
        per_plane: Measure every plane by itself, on the scale of its volume.
        normalisation: How gain and offset are treated.
        csv: Table to write; empty writes none.
        confusion: Table to write of which brightness was predicted as which; empty writes none.
        overwrite: Replace existing tables.
    """

    restored: tuple[str, ...]
    target: tuple[str, ...]
    restored_scene: int = 0
    target_scene: int = 0
    mask: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    labels: bool = False
    per_plane: bool = False
    normalisation: Literal["care", "none"] = "care"
    csv: str = ""
    confusion: str = ""
    overwrite: bool = False


class SweepRequest(msgspec.Struct, frozen=True, tag="sweep", kw_only=True):
    """Restore a stack with contexts of several sizes and measure each result.

    Args:
        input: The noisy stack.
        target: The good one.
        model: Name of a bundled or own model, or path of a ``.gvtmodel``.
        contexts: Sizes as ``Z,Y,X``; empty halves the whole again and again.
        normalisation: How gain and offset are treated.
        device: ``auto``, ``cpu``, ``cuda:0`` …
        precision: Arithmetic of the network.
        memory: What the engine may take, such as ``4GB``; ``auto`` takes a share of what is free.
        csv: Table to write; empty writes none.
        overwrite: Replace an existing table.
    """

    input: str
    target: str
    model: str
    contexts: tuple[str, ...] = ()
    normalisation: Literal["care", "none"] = "care"
    device: str = "auto"
    precision: Precision = "auto"
    memory: str = "auto"
    csv: str = ""
    overwrite: bool = False


class ExportModelRequest(msgspec.Struct, frozen=True, tag="export_model", kw_only=True):
    """Write a model as a package for bioimage.io.

    Args:
        model: Name of a bundled or own model, or path of a ``.gvtmodel``.
        out: Zip to write.
        authors: Who made the model.
        overwrite: Replace an existing file.
    """

    model: str
    out: str
    authors: tuple[str, ...] = ()
    overwrite: bool = False


class ImportModelRequest(msgspec.Struct, frozen=True, tag="import_model", kw_only=True):
    """Check a model from elsewhere with its own test and put it among the user's models.

    Args:
        source: A ``.gvtmodel``, or a package of bioimage.io.
        overwrite: Replace an own model of the same name.
    """

    source: str
    overwrite: bool = False


class FindMovedRequest(msgspec.Struct, frozen=True, tag="find_moved", kw_only=True):
    """Look in a folder for the files of a project that are not found; nothing is changed.

    Args:
        project: Project file.
        folder: Where to look, folders inside it included.
    """

    project: str
    folder: str


class PackRequest(msgspec.Struct, frozen=True, tag="pack", kw_only=True):
    """Copy a project with all its stacks, results and models into one place.

    Args:
        project: Project file.
        out: Folder to make, or file where it ends in ``.zip``.
    """

    project: str
    out: str


Request = (
    InspectRequest
    | ScenesRequest
    | RestoreRequest
    | TrainRequest
    | ExportRequest
    | SimulateRequest
    | RegisterRequest
    | RerunRequest
    | EvaluateRequest
    | AnalyseRequest
    | SweepRequest
    | FindMovedRequest
    | PackRequest
    | FigureRequest
    | MovieRequest
    | ExportModelRequest
    | ImportModelRequest
)

JobState = Literal["waiting", "running", "finished", "failed", "stopped"]
