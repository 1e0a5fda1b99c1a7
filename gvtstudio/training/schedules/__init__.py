"""How the learning rate changes over a training.

To add a schedule: a module here and a line in ``SCHEDULES``. A schedule maps the part of the
training that is done, 0 to 1, to a factor on the first learning rate.
"""

SCHEDULES: dict[str, str] = {
    "cosine": "gvtstudio.training.schedules.cosine:cosine",
    "staircase": "gvtstudio.training.schedules.staircase:staircase",
}
