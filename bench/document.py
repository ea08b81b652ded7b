"""The published figures: a page of Markdown made of results and nothing else."""

from collections.abc import Collection, Iterator

from bench.machine import CORES, LOAD
from bench.results import Result, Results
from bench.table import figure, row

HEAD = """# Benchmarks

How fast the stream manager is, beside a server that only answers, a bare loop, and its peers. This page and its plot
are written by `python -m bench publish` from the results of `tox run -e bench`; nothing in them is typed by hand.

Subjects of one benchmark are measured in turn, round by round. A figure is the median of its rounds, behind it the
quartiles. A ratio is the median of the rounds' own ratios. Compare figures of one benchmark with each other: another
machine, or the same one with other work to do, has others.

![medians of every benchmark](../images/benchmarks.svg)
"""

BUSY = """**The machine was busy with other work**: more processes wanted its cores than it has. Rates are far below
what it can do, and ratios waver: take these figures as signs that the benchmarks work, and repeat them on a machine
at rest.
"""

TAIL = """
## How to repeat it

```
.venv/bin/tox run -e bench                 # results in reports/bench/
.venv/bin/tox run -e bench -- --quick      # whether it works; the figures mean nothing
.venv/bin/tox run -e bench -- --only pipelined --rounds 15
```

Exit status: 0 all targets met, 1 one is missed, 4 something could not be measured. The client is built with Go, which
is installed on first use where there is none. NATS is built on first use as well; Redis is measured where
`redis-server` is on PATH.

What a run that was killed left running is ended by `stream-chaos clean`; its folder `bench-…` stays beside the results.
"""


def published(results: Results, names: Collection[str] = ()) -> str:
    """The page.

    Args:
        names: of all benchmarks that there are; those without a result are told.
    """
    parts = [HEAD, *_machine(results), *_targets(results)]
    found = {each.name for each in results.benchmarks}
    if left := [name for name in names if name not in found]:
        parts.append(f"\nNot part of this run: {', '.join(left)}.")
    for result in results.benchmarks:
        parts += _section(result)
    return "\n".join([*parts, TAIL])


def _machine(results: Results) -> Iterator[str]:
    yield "| machine | |\n|---|---|"
    yield from (f"| {name} | {value} |" for name, value in results.machine.items())
    yield f"| rounds | {results.rounds} |\n"
    if float(results.machine.get(LOAD, 0)) > float(results.machine.get(CORES, 1)):
        yield BUSY


def _targets(results: Results) -> Iterator[str]:
    yield "## Targets\n\n| benchmark | target | measured | |\n|---|---|---|---|"
    for result in results.benchmarks:
        for each in result.verdicts:
            met = "met" if each.met else "**missed**"
            yield f"| [{result.name}](#{result.name}) | {each.target} | {figure(each.measured)} | {met} |"


def _section(result: Result) -> Iterator[str]:
    yield f"\n## {result.name}\n\n{result.question} {result.method}\n"
    if result.series:
        yield "| subject | median | quartiles |\n|---|---|---|"
        yield from ("| {} | {} | {} |".format(*row(each)) for each in result.series)
    if result.missing:
        yield f"\nNot measured: {result.missing}"
