"""Two judges who share nothing but the documentation agree on what tests tell: power cuts, newer faults, entries."""

import json
from random import Random
from typing import Any

import pytest

from harness.history.compact import pack
from tests.harness.checkers.golden import Golden, plan, site
from tests.harness.checkers.model import Model
from tests.harness.checkers.model_settings import newer_setting
from tests.harness.checkers.telling import ExporterSpec, Telling
from tests.harness.checkers.test_newer_faults import sent_twice
from tests.harness.checkers.test_power_cuts import (
    FLUSHED,
    delivered_before,
    jumped,
    powerless,
    reused,
    torn,
)

from .compact import lines_of
from .test_agreement import check_that_both_agree

JUDGES = ("loss", "duplication", "ordering")
SLOW = (
    *("latency", "bandwidth", "slicer", "shared_bandwidth"),
    *("packet_loss", "packet_reorder", "cloud_slow"),
)
REFUSING = ("cloud_throttle", "cloud_partial_failure", "cloud_error")
BREAKING = ("link_down", "link_silent", "limit_data", "half_open", "cloud_pause", "disk_full")


def check(told: Telling, what: str) -> None:
    """Both say the same of it."""
    check_that_both_agree(told.merged(), plan(judges=JUDGES).to_json(), what)


TOLD = {
    "torn": torn(),
    "torn, flushed": torn(**FLUSHED),
    "torn, written back": torn(acknowledged=9_000),
    "numbers given again": powerless(reused()),
    "numbers given again, flushed": powerless(reused(**FLUSHED)),
    "numbers given again without a cut": reused(),
    "sent again after a cut": delivered_before(45_000),
    "sent again after a cut, long ago": delivered_before(9_000),
    "a clock that jumps far": jumped("3600000", 6_000),
    "a clock that jumps a little": jumped("1000", 6_000),
    "a clock that jumped before": jumped("-3600000", 2_000),
    "a clock that could not be set": jumped("3600000", 6_000, failed="no clock"),
}


@pytest.mark.parametrize("what", TOLD)
def test_both_judges_say_the_same_of_power_cuts_and_clocks(what: str) -> None:
    check(TOLD[what], what)


@pytest.mark.parametrize("given_up", [False, True])
@pytest.mark.parametrize("kind", [*SLOW, *REFUSING, *BREAKING])
def test_both_judges_say_the_same_of_what_came_twice(kind: str, given_up: bool) -> None:
    golden = sent_twice(site())
    golden.cut([] if kind == "disk_full" else ["kinesis"], 500, 60_000, kind=kind)
    if given_up:
        golden.uplink("kinesis", 1_990, 17_000, "failed")
    check(golden, kind)


@pytest.mark.parametrize("target", ["stream_manager", "core", "stream_producer"])
def test_both_judges_say_the_same_of_who_stood_still(target: str) -> None:
    golden = sent_twice(site())
    golden.pause(2_001, 19_000, target=target)
    check(golden, target)


# -- IoT SiteWise ------------------------------------------------------------------------------


def of_values(rejected: list[int], final: list[int], **fields: Any) -> Golden:
    """Ten entries, of which the first five were sent only once; the destination holds values, and none of them."""
    golden = site(ExporterSpec(name="E", service="iotsitewise", target="*", batch_size=5))
    golden.appends("S", range(5), at=0)
    golden.put("S/E", range(5), at=100, rejected=rejected, final=final)
    golden.appends("S", range(5, 10), at=400_000)
    golden.put("S/E", range(5, 10), at=400_100)
    for line in golden.lines:
        if line["kind"] == "append" and "hash" in line:
            line |= fields
    golden.forgets = {"S/3"}
    golden.held = [("iotsitewise", "*", "one value"), ("iotsitewise", "*", "another")]
    return golden


@pytest.mark.parametrize(
    ("rejected", "final", "fields"),
    [
        ([], [], {"entry": True}),
        ([2], [], {"entry": True}),
        ([2], [2], {"entry": True}),
        ([2], [], {}),
    ],
)
def test_both_judges_say_the_same_of_entries(
    rejected: list[int], final: list[int], fields: dict[str, Any]
) -> None:
    check(of_values(rejected, final, **fields), f"{rejected} {final} {fields}")


# -- random runs -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_both_judges_say_the_same_of_a_random_run_with_newer_faults(seed: int) -> None:
    random = Random(seed)
    told = Model(newer_setting(random), random).run()
    check(told, f"seed {seed}")


# -- the compact form --------------------------------------------------------------------------


def test_the_second_judge_reads_the_compact_form() -> None:
    random = Random(1)
    lines = Model(newer_setting(random), random).run().merged()
    assert lines_of(pack(lines)) == json.loads(json.dumps(lines))
