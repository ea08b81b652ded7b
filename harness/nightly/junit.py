"""`junit.xml` of a night: each scenario a test case, for whatever collects test results."""

from collections.abc import Iterator
from xml.etree import ElementTree

from harness.nightly.index import Index
from harness.nightly.row import Outcome, Row
from harness.report.junit import clean, properties_of, suite_of

FAILURES = (Outcome.VALID, Outcome.INVALID)
"""What fails where it was not expected; anything else is an error."""


def junit(index: Index) -> str:
    """The content of `junit.xml`: what came otherwise than it had to is a failure, what has no verdict an error."""
    cases = [_case(row) for row in index.rows]
    if len(index.rows) < index.at_least:
        cases.append(_too_few(index))
    about = {
        "name": f"nightly {index.name}",
        "timestamp": index.started,
        "time": f"{sum(row.seconds for row in index.rows):.3f}",
    }
    return suite_of(cases, about, _properties(index))


def _properties(index: Index) -> Iterator[tuple[str, str]]:
    yield "night", index.name
    yield "seed", str(index.seed)
    yield "environment", index.environment
    yield "stream-manager", index.stream_manager


def _case(row: Row) -> ElementTree.Element:
    named = {"classname": f"stream-chaos.nightly.{row.environment}", "name": row.name}
    case = ElementTree.Element("testcase", {**named, "time": f"{row.seconds:.3f}"})
    told = (("seed", str(row.seed)), ("plan", row.plan), ("repeat", row.repeat))
    case.append(properties_of(told))
    if problem := _problem(row):
        said = {"message": clean(_message(row))}
        ElementTree.SubElement(case, problem, said).text = clean("\n".join(row.examples))
    return case


def _problem(row: Row) -> str:
    if row.as_expected:
        return ""
    if row.outcome is Outcome.NOT_RUN:
        return "skipped"
    return "failure" if row.outcome in FAILURES else "error"


def _message(row: Row) -> str:
    return f"{row.outcome}, {row.expected} was expected: {row.reason}"


def _too_few(index: Index) -> ElementTree.Element:
    case = ElementTree.Element("testcase", {"classname": "stream-chaos.nightly", "name": "library"})
    message = f"there were {len(index.rows)} scenarios, and there have to be {index.at_least}"
    ElementTree.SubElement(case, "failure", {"message": message})
    return case
