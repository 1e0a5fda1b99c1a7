"""Everything a user can ask for.

To add a task: copy ``tasks/denoising/``, edit ``spec.py``, ``train.py`` and ``predict.py``, and add
its line to ``TASKS``. It then appears on the command line and in the window with its form, and
``tests/tasks`` trains it on a simulated stack.

To add a way to do a task without any model, learning from the stack itself: a ``ZeroShotSpec`` in
the task's folder, and its line in ``ZERO_SHOT``. It is then offered wherever a model is.
"""

from gvtstudio.domain.specs import TaskSpec
from gvtstudio.domain.zero_shot import ZeroShotSpec
from gvtstudio.tasks.denoising.spec import DENOISING
from gvtstudio.tasks.denoising.zero_shot import NOISE2FAST_ALONE
from gvtstudio.tasks.isotropic.spec import ISOTROPIC
from gvtstudio.tasks.label_free.spec import LABEL_FREE
from gvtstudio.tasks.projection.spec import PROJECTION
from gvtstudio.tasks.segmentation.spec import SEGMENTATION
from gvtstudio.tasks.super_resolution.spec import SUPER_RESOLUTION

TASKS: dict[str, TaskSpec] = {
    spec.name: spec
    for spec in (DENOISING, LABEL_FREE, PROJECTION, SUPER_RESOLUTION, ISOTROPIC, SEGMENTATION)
}
ZERO_SHOT: dict[str, ZeroShotSpec] = {spec.name: spec for spec in (NOISE2FAST_ALONE,)}
