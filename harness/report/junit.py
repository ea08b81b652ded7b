"""`junit.xml`: each checker and each condition a test case, for whatever collects test results."""

from collections.abc import Iterator
from xml.etree import ElementTree

from harness.checkers.verdict import ConditionResult, Judgement, Ruling, Verdict
from harness.report.artefacts import Recorded


def junit(recorded: Recorded, judgement: Judgement) -> str:
    """The content of `junit.xml`: an invalid verdict is a failure, an unknown one and an unmet condition an error."""
    cases = [_checker(each) for each in judgement.checkers]
    cases += [_condition(each) for each in judgement.conditions]
    if judgement.verdict is not Ruling.VALID and not any(len(case) for case in cases):
        cases.append(_run(judgement))
    suite = ElementTree.Element("testsuite", _counts(recorded, cases))
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in _properties(recorded):
        ElementTree.SubElement(properties, "property", {"name": name, "value": value})
    for case in cases:
        case.set("classname", f"stream-chaos.{recorded.plan.scenario}")
        suite.append(case)
    ElementTree.indent(suite)
    text = ElementTree.tostring(suite, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _counts(recorded: Recorded, cases: list[ElementTree.Element]) -> dict[str, str]:
    return {
        "name": recorded.plan.scenario,
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "timestamp": recorded.started,
        "time": f"{recorded.seconds or 0:.3f}",
    }


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
