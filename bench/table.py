"""Results in words and figures."""

from bench.figures import Series
from bench.results import Result
from bench.targets import Verdict


def figure(value: float) -> str:
    """A figure with three digits that count."""
    if value >= 1000:
        return f"{round(value, -1):,.0f}" if value < 10_000 else f"{round(value, -2):,.0f}"
    return f"{value:.3g}"


def told(verdict: Verdict) -> str:
    """What became of a target, in words."""
    return f"{verdict.target}: {figure(verdict.measured)}, {'met' if verdict.met else 'MISSED'}"


def row(series: Series) -> tuple[str, str, str]:
    """Name, median with unit, and quartiles."""
    lower, upper = map(figure, series.spread)
    return series.name, f"{figure(series.median)} {series.unit}", f"{lower} to {upper}"


def table(result: Result) -> str:
    """A result for the terminal."""
    lines = [
        f"  {name:<34}{median:>28}   ({spread})" for name, median, spread in map(row, result.series)
    ]
    lines += [f"  {told(each)}" for each in result.verdicts]
    lines += [f"  not measured: {result.missing}"] if result.missing else []
    return "\n".join(lines)
