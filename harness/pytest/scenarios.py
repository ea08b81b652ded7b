"""Scenarios as tests: making the run is a test's setup, looking at its verdict is the test.

Hence a site that cannot be stood up is an error, and a promise that was broken a failure.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from harness.checkers.verdict import Judgement, Ruling
from harness.commands.ordering import order_for
from harness.environments.editions import edition
from harness.environments.errors import EnvironmentUnavailable
from harness.plan.rendering import rough_duration_ms
from harness.pytest_plugin import ENVIRONMENT, REPORTS, SEED, STREAM_MANAGER, UNKNOWN, setting
from harness.run.running import Order, Ran, run_order
from harness.run.view import PlainView, View
from harness.scenario.loader import Loaded, load
from harness.scenario.problems import BadScenario

HEAD_BYTES = 65_536
EXAMPLES_MAX = 5
LIMIT_TIMES, LIMIT_MORE_S = 3.0, 300.0
"""For pytest-timeout, where it is there: as long as its plan says so many times, and this much more."""

_KEYS = (re.compile(rb"^scenario:", re.MULTILINE), re.compile(rb"^judge:", re.MULTILINE))


def is_scenario(file: Path) -> bool:
    """Whether a YAML file is one: what has `scenario` and `judge` at its top, sound or not."""
    try:
        with file.open("rb") as opened:
            head = opened.read(HEAD_BYTES)
    except OSError:
        return False
    return all(key.search(head) for key in _KEYS)


class ScenarioFile(pytest.File):
    """A scenario file: one test."""

    def collect(self) -> Iterator["ScenarioItem"]:
        """Its test.

        Raises:
            CollectError: with all that is wrong with the file.
        """
        try:
            loaded = load(self.path)
        except BadScenario as bad:
            raise self.CollectError(str(bad)) from None
        yield ScenarioItem.from_parent(self, name=loaded.scenario.scenario, loaded=loaded)


class ScenarioItem(pytest.Item):
    """A scenario as a test.

    Args:
        loaded: the scenario.
    """

    def __init__(self, *, loaded: Loaded, **fields: Any) -> None:
        super().__init__(**fields)
        self._environment = setting(self.config, ENVIRONMENT)
        self._foreign = self._environment not in loaded.scenario.environments
        self._order = self._ordered(loaded)
        self._ran: Ran | None = None
        plan = self._order.plan
        for name, value in (
            ("environment", self._environment),
            ("seed", plan.seed),
            ("plan", plan.hash),
            ("repeat", self._order.command),
        ):
            self.user_properties.append((name, value))
        if self.config.pluginmanager.hasplugin("timeout"):
            limit_s = LIMIT_TIMES * rough_duration_ms(plan) / 1000 + LIMIT_MORE_S
            self.add_marker(pytest.mark.timeout(limit_s))

    def _ordered(self, loaded: Loaded) -> Order:
        seed = setting(self.config, SEED)
        if not re.fullmatch(r"-?\d+", seed):
            raise pytest.UsageError(f"--stream-chaos-seed {seed}: a whole number belongs here")
        return order_for(
            loaded,
            environment=self._environment,
            seed=int(seed),
            reports=self.config.rootpath / setting(self.config, REPORTS),
            stream_manager=setting(self.config, STREAM_MANAGER) or None,
        )

    def setup(self) -> None:
        """Make the run; without a site for it that is an error, and no failure."""
        if self._foreign:
            pytest.skip(f"the scenario is not for {self._environment}")
        try:
            world = edition(self._environment)
            with PlainView(print) as view:
                self._ran = run_order(
                    self._order, world.stand_up, cast(View, view), conduct=world.conduct
                )
        except EnvironmentUnavailable as error:
            pytest.fail(str(error), pytrace=False)

    def runtest(self) -> None:
        """Look at the verdict."""
        assert self._ran is not None, "setup made the run"
        ruling = self._ran.judgement.verdict
        told = "\n".join(_told(self._ran, self._order.command))
        if ruling is Ruling.UNKNOWN and setting(self.config, UNKNOWN) == "xfail":
            pytest.xfail(told)
        if ruling is not Ruling.VALID:
            pytest.fail(told, pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it is, for reports."""
        return self.path, 0, f"scenario: {self.name}"


def _told(ran: Ran, command: str) -> Iterator[str]:
    judgement = ran.judgement
    yield f"{judgement.verdict}: {judgement.reason}"
    if ran.failed:
        yield f"the run was broken off: {ran.failed}"
    yield from _reasons(judgement)
    yield f"report: {ran.folder / 'report.html'}"
    yield f"repeat: {command}"


def _reasons(judgement: Judgement) -> Iterator[str]:
    for each in judgement.checkers:
        if each.verdict is not Ruling.VALID:
            yield f"{each.name} {each.verdict}: {each.reason}"
            yield from (f"  - {example}" for example in each.examples[:EXAMPLES_MAX])
    for condition in judgement.conditions:
        if not condition.met:
            yield f"condition unmet: {condition.name}: {condition.evidence}"
