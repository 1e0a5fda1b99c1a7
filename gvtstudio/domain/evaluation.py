"""What measuring restored stacks against their targets found."""

import msgspec


class Scores(msgspec.Struct, frozen=True):
    """The measures of one volume, of one plane of it, or of one class of labels.

    Args:
        restored: File that was judged.
        target: File it was compared with.
        time: Time point, from 1.
        channel: From 1.
        plane: From 1; ``None`` for the whole volume.
        label: Of the class; ``None`` where intensities were compared.
        values: Name of a column → number, ``None`` where it cannot be told.
    """

    restored: str
    target: str
    time: int
    channel: int
    plane: int | None
    label: int | None
    values: dict[str, float | None]


class Summary(msgspec.Struct, frozen=True):
    """Mean and standard deviation of the measures.

    Args:
        unit: What they were taken over: "stacks" (each by the mean of its scores) where there are
            several, else "volumes", "planes" or "classes" of the one.
        count: How many of these.
        mean: Name of a column → mean of those that can be told; ``None`` where none can.
        sd: Sample standard deviation; ``None`` where fewer than two can be told.
    """

    unit: str
    count: int
    mean: dict[str, float | None]
    sd: dict[str, float | None]


class ModelTest(msgspec.Struct, frozen=True):
    """One-tailed paired t-test whether the first model is better than the other by one measure.

    Args:
        measure: Name of the column.
        difference: Mean of the first minus the other; ``None`` with fewer than two known pairs.
        t: Student's statistic; ``None`` where there is nothing to test.
        p: The p-value.
        count: Stacks with a score of both.
        sentence: What it means.
    """

    measure: str
    difference: float | None
    t: float | None
    p: float | None
    count: int
    sentence: str


class Evaluation(msgspec.Struct, frozen=True):
    """The answer of an evaluate job.

    Args:
        normalisation: How gain and offset were treated.
        columns: Name → label of every measure, in order.
        scores: Of the restored stacks.
        summary: Of these.
        against: Scores of the other model's stacks.
        against_summary: Of these.
        tests: One per measure that says which is better.
    """

    normalisation: str
    columns: dict[str, str]
    scores: tuple[Scores, ...]
    summary: Summary
    against: tuple[Scores, ...] = ()
    against_summary: Summary | None = None
    tests: tuple[ModelTest, ...] = ()
