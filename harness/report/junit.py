"""`junit.xml`: each checker and each condition a test case, for whatever collects test results."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from xml.etree import ElementTree

from harness.checkers.verdict import ConditionResult, Judgement, Ruling, Verdict
from harness.report.artefacts import Recorded


def junit(recorded: Recorded, judgement: Judgement) -> str:
    """The content of `junit.xml`: an invalid verdict is a failure, an unknown one and an unmet condition an error."""
    cases = [_checker(each) for each in judgement.checkers]
    cases += [_condition(each) for each in judgement.conditions]
    if judgement.verdict is not Ruling.VALID and not any(len(case) for case in cases):
        cases.append(_run(judgement))
    for case in cases:
        case.set("classname", f"stream-chaos.{recorded.plan.scenario}")
    about = {
        "name": recorded.plan.scenario,
        "timestamp": recorded.started,
        "time": f"{recorded.seconds or 0:.3f}",
    }
    return suite_of(cases, about, _properties(recorded))


def suite_of(
    cases: Sequence[ElementTree.Element],
    about: Mapping[str, str],
    properties: Iterable[tuple[str, str]],
) -> str:
    """The text of a file with one suite.

    Args:
        about: attributes of the suite, besides its counts.
        properties: names and values.
    """
    kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    counts = {name: sum(c.find(kind) is not None for c in cases) for name, kind in kinds.items()}
    told = {name: str(count) for name, count in {"tests": len(cases), **counts}.items()}
    suite = ElementTree.Element("testsuite", {**about, **told})
    suite.append(properties_of(properties))
    suite.extend(cases)
    ElementTree.indent(suite)
    text = ElementTree.tostring(suite, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def properties_of(properties: Iterable[tuple[str, str]]) -> ElementTree.Element:
    """The properties of a suite or a case."""
    element = ElementTree.Element("properties")
    for name, value in properties:
        ElementTree.SubElement(element, "property", {"name": name, "value": clean(value)})
    return element


def _properties(recorded: Recorded) -> Iterator[tuple[str, str]]:
    yield "seed", str(recorded.plan.seed)
    yield "plan", recorded.plan.hash
    yield "environment", str(recorded.facts.get("environment"))
    yield "repeat", str(recorded.facts.get("command"))


def _case(name: str, problem: str, message: str, detail: str = "") -> ElementTree.Element:
    case = ElementTree.Element("testcase", {"name": name})
    if problem:
        ElementTree.SubElement(case, problem, {"message": clean(message)}).text = clean(detail)
    return case


def clean(text: str) -> str:
    """Without what XML cannot carry, such as control characters."""
    return "".join(each for each in text if each in "\n\t" or each.isprintable())


_PROBLEM = {Ruling.VALID: "", Ruling.INVALID: "failure", Ruling.UNKNOWN: "error"}


def _checker(verdict: Verdict) -> ElementTree.Element:
    problem = _PROBLEM[verdict.verdict]
    return _case(verdict.name, problem, verdict.reason, "\n".join(verdict.examples))


def _condition(result: ConditionResult) -> ElementTree.Element:
    return _case(f"condition: {result.name}", "" if result.met else "error", result.evidence)


def _run(judgement: Judgement) -> ElementTree.Element:
    """Where the verdict has another cause than a checker or a condition, it must not look like a success."""
    return _case("run", _PROBLEM[judgement.verdict], judgement.reason)
