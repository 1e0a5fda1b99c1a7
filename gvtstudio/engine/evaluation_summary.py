"""Means of measured stacks, and whether one model is better than another."""

from collections.abc import Iterator, Sequence

import numpy as np

from gvtstudio.domain.evaluation import ModelTest, Scores, Summary
from gvtstudio.imaging.measures import Column
from gvtstudio.imaging.significance import one_tailed_paired_test, p_value_sentence


def known(number: float) -> float | None:
    """A message holds no NaN and no infinity."""
    return float(number) if np.isfinite(number) else None


def summary_of(stacks: Sequence[Sequence[Scores]], columns: Sequence[Column], unit: str) -> Summary:
    """Mean and standard deviation of every column.

    Args:
        stacks: Scores of each stack.
        columns: Which.
        unit: See ``Summary``: over stacks where there are several, else over the scores of the one.
    """
    mean, sd = {}, {}
    for column in columns:
        values = [
            value
            for value in (
                stack_scores(stacks, column.name)
                if len(stacks) > 1
                else [row.values[column.name] for row in stacks[0]]
            )
            if value is not None
        ]
        mean[column.name] = float(np.mean(values)) if values else None
        sd[column.name] = float(np.std(values, ddof=1)) if len(values) > 1 else None
    count = len(stacks) if len(stacks) > 1 else len(stacks[0])
    return Summary(unit, count, mean, sd)


def stack_scores(stacks: Sequence[Sequence[Scores]], name: str) -> list[float | None]:
    """One score per stack: the mean over what can be told of its volumes, planes or classes."""
    scores = []
    for rows in stacks:
        values = [value for row in rows if (value := row.values[name]) is not None]
        scores.append(float(np.mean(values)) if values else None)
    return scores


def model_tests(
    first: Sequence[Sequence[Scores]],
    second: Sequence[Sequence[Scores]],
    columns: Sequence[Column],
) -> Iterator[ModelTest]:
    """One paired test for every column that says which of two is better.

    Args:
        first: Scores of each stack by the model in question.
        second: Scores of the same stacks by the other one.
        columns: Which.
    """
    for column in columns:
        if column.better == "neither":
            continue
        names = (stack_scores(stacks, column.name) for stacks in (first, second))
        pairs = [(a, b) for a, b in zip(*names, strict=True) if a is not None and b is not None]
        if len(pairs) < 2:
            sentence = f"{column.label}: known for fewer than two pairs, so there is no test."
            yield ModelTest(column.name, None, None, None, len(pairs), sentence)
            continue
        test = one_tailed_paired_test(
            *zip(*pairs, strict=True), higher_is_better=column.better == "higher"
        )
        yield ModelTest(
            column.name,
            known(test.difference),
            known(test.t),
            known(test.p),
            test.pairs,
            p_value_sentence(test, column.label),
        )
