"""`junit.xml` can be collected by whatever collects test results, and no failure looks like a success."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.checkers.verdict import ConditionResult, Judgement, Ruling, Verdict
from harness.report.junit import junit

from .conftest import LOSS, MET, Told, judgement

BAD = Verdict(
    name="priority",
    verdict=Ruling.INVALID,
    reason='"a" < b & c\x00\x1b[31m',
    examples=("first", "second\x07"),
)
OPEN = Verdict(name="overwrite", verdict=Ruling.UNKNOWN, reason="Nothing went.")
UNMET = ConditionResult(name="outages", met=False, evidence="0 took effect.")


@pytest.fixture
def suite_of(told: Told, tmp_path: Path):
    recorded = told.record(tmp_path)

    def parsed(judgement: Judgement) -> ElementTree.Element:
        text = junit(recorded, judgement)
        assert text.startswith('<?xml version="1.0" encoding="utf-8"?>\n')
        return ElementTree.fromstring(text.encode())

    return parsed


def test_counts_agree_with_the_cases(suite_of) -> None:
    said = judgement(LOSS, BAD, OPEN, verdict=Ruling.INVALID, conditions=(MET, UNMET))
    suite = suite_of(said)
    assert suite.tag == "testsuite"
    assert suite.get("name") == "told"
    cases = suite.findall("testcase")
    assert int(suite.get("tests")) == len(cases) == 5
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure")) == 1
    assert int(suite.get("errors")) == len(suite.findall("testcase/error")) == 2
    assert float(suite.get("time")) == 90
    assert suite.get("timestamp") == "2026-11-25T10:15:00+00:00"
    assert {case.get("classname") for case in cases} == {"stream-chaos.told"}


def test_each_ruling_is_a_case_of_its_kind(suite_of) -> None:
    suite = suite_of(judgement(LOSS, BAD, OPEN, verdict=Ruling.INVALID, conditions=(MET, UNMET)))
    kinds = {case.get("name"): [child.tag for child in case] for case in suite.findall("testcase")}
    assert kinds == {
        "loss": [],
        "priority": ["failure"],
        "overwrite": ["error"],
        "condition: outages (at_least: 1)": [],
        "condition: outages": ["error"],
    }


def test_reasons_and_examples_are_told_without_what_xml_cannot_carry(suite_of) -> None:
    (failure,) = suite_of(judgement(BAD, verdict=Ruling.INVALID)).findall("testcase/failure")
    assert failure.get("message") == '"a" < b & c[31m'
    assert failure.text == "first\nsecond"


@pytest.mark.parametrize(
    ("verdict", "problem"), [(Ruling.UNKNOWN, "error"), (Ruling.INVALID, "failure")]
)
def test_a_run_that_nobody_in_particular_accuses_is_no_success(
    suite_of, verdict: Ruling, problem: str
) -> None:
    suite = suite_of(judgement(verdict=verdict, reason="somebody interrupted it"))
    (case,) = [case for case in suite.findall("testcase") if len(case)]
    assert case.get("name") == "run"
    assert [(child.tag, child.get("message")) for child in case] == [
        (problem, "somebody interrupted it")
    ]


def test_a_valid_run_has_no_case_of_its_own(suite_of) -> None:
    assert [case.get("name") for case in suite_of(judgement()).findall("testcase")] == [
        "loss",
        "condition: outages (at_least: 1)",
    ]


def test_how_to_repeat_the_run_stands_among_the_properties(told: Told, tmp_path: Path) -> None:
    recorded = told.record(tmp_path)
    suite = ElementTree.fromstring(junit(recorded, judgement()).encode())
    properties = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert properties == {
        "seed": "7",
        "plan": recorded.plan.hash,
        "environment": "local",
        "repeat": "stream-chaos run told.yaml --seed 7",
    }


def test_a_run_without_times_still_has_a_suite(told: Told, tmp_path: Path) -> None:
    recorded = replace(told.record(tmp_path), facts={})
    suite = ElementTree.fromstring(junit(recorded, judgement()).encode())
    assert (suite.get("time"), suite.get("timestamp")) == ("0.000", "")
