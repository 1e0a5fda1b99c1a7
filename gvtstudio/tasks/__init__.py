"""Everything a user can ask for.

To add a task: copy ``tasks/denoising/``, edit ``spec.py``, ``train.py`` and ``predict.py``, and add
its line to ``TASKS``. It then appears on the command line and in the window with its form, and
``tests/tasks`` trains it on a simulated stack.
"""

from gvtstudio.domain.specs import TaskSpec
from gvtstudio.tasks.denoising.spec import DENOISING

TASKS: dict[str, TaskSpec] = {spec.name: spec for spec in (DENOISING,)}
