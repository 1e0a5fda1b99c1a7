"""The rows of the table that an analysis is written as."""

from collections.abc import Iterator

from gvtstudio.domain.analysis import Analysis


def analysis_rows(analysis: Analysis) -> Iterator[dict[str, object]]:
    """One row for each point of a curve; of what has no curves, one for each stack.

    Args:
        analysis: What was measured.
    """
    if not analysis.curves:
        for title, row in zip(analysis.titles, analysis.rows, strict=True):
            numbers = {column.label: row[column.name] for column in analysis.columns}
            yield {"stack": title, **numbers}
        return
    has_names = any(curve.name for curve in analysis.curves)
    for curve in analysis.curves:
        named: dict[str, object] = {"stack": analysis.titles[curve.stack]}
        if has_names:
            named["curve"] = curve.name
        for x, y in zip(curve.x, curve.y, strict=True):
            yield {**named, analysis.x_label: x, analysis.y_label: y}
