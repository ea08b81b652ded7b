"""Each row of the table in `docs/reference/faults.md`, as the simulated links do it."""

from collections.abc import Callable
from typing import Any

import pytest

from harness.environments.simulated.request import READ_TIMEOUT_MS
from harness.fault.bandwidth import Bandwidth
from harness.fault.cloud_pause import CloudPause
from harness.fault.connection_reset import ConnectionReset
from harness.fault.direction import Lost
from harness.fault.half_open import HalfOpen
from harness.fault.latency import Latency
from harness.fault.limit_data import LimitData
from harness.fault.link_down import LinkDown
from harness.fault.link_silent import LinkSilent
from harness.fault.one_way import OneWay
from harness.fault.registry import LinkFault
from harness.fault.service import Service
from harness.fault.slicer import Slicer
from system.stream_manager.export.batch import Delivered, Failed

from .chain import CUT, GIVEN_UP, Chain

KINESIS = (Service.KINESIS,)
DOWN, SILENT, HELD = (kind(services=KINESIS) for kind in (LinkDown, LinkSilent, HalfOpen))
SLOW = Latency(services=KINESIS, latency_ms=300)
NO_REQUESTS, NO_ANSWERS = (OneWay(services=KINESIS, lost=lost) for lost in Lost)
IN_THE_CLOUD_MS = 1.0
"""After which a request has arrived and is not answered."""


@pytest.fixture
def chain() -> Chain:
    """A client with an open connection."""
    chain = Chain()
    assert chain.put() == Delivered()
    chain.cloud.targets["kinesis", "stream"].messages.clear()
    chain.results.clear()
    return chain


# -- cuts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [DOWN, SILENT])
def test_a_cut_between_two_requests_is_not_noticed(chain: Chain, cut: LinkFault) -> None:
    with chain.disturbed(cut):
        chain.pass_ms(100)
    assert chain.put() == Delivered()
    assert (chain.kept, chain.failed) == (1, [])


def test_a_link_that_is_down_refuses_the_next_request(chain: Chain) -> None:
    with chain.disturbed(DOWN):
        assert chain.put() == Failed(reason="Could not connect to the endpoint URL", transport=True)
    assert (chain.kept, chain.failed) == (0, ["connection failed Connection refused"])


def test_a_request_that_a_cut_hits_on_its_way_is_not_kept(chain: Chain) -> None:
    with chain.disturbed(SLOW):
        chain.begin()
        chain.pass_ms(50)
        with chain.disturbed(DOWN):
            chain.pass_ms(1000)
    assert (len(chain.results), chain.kept, chain.failed) == (1, 0, [CUT])


@pytest.mark.parametrize("cut", [DOWN, SILENT])
def test_an_answer_that_a_cut_hits_on_its_way_is_that_of_a_message_that_is_kept(
    chain: Chain, cut: LinkFault
) -> None:
    chain.begin()
    chain.pass_ms(IN_THE_CLOUD_MS)
    with chain.disturbed(cut):
        chain.pass_ms(100)
    assert (chain.kept, chain.failed) == (1, [CUT])
    chain.put()
    assert chain.kept == 2


@pytest.mark.parametrize(
    ("fault", "kept"), [(SILENT, 0), (NO_REQUESTS, 0), (NO_ANSWERS, 1)], ids=str
)
def test_a_request_into_silence_ends_by_its_own_time_out(
    chain: Chain, fault: LinkFault, kept: int
) -> None:
    with chain.disturbed(fault):
        result = chain.put()
        assert chain.world.now_ms == pytest.approx(READ_TIMEOUT_MS, abs=50)
    assert isinstance(result, Failed)
    assert result.doubtful
    assert (chain.kept, chain.failed) == (kept, [GIVEN_UP])


@pytest.mark.parametrize("fault", [SILENT, NO_REQUESTS, NO_ANSWERS], ids=str)
def test_the_end_of_a_silence_ends_the_request_that_waited_in_it(
    chain: Chain, fault: LinkFault
) -> None:
    with chain.disturbed(fault):
        chain.begin()
        chain.pass_ms(1000)
        assert chain.results == []
    assert len(chain.results) == 1
    assert chain.failed == [CUT]


# -- half-open ---------------------------------------------------------------------------------


def test_a_half_open_link_answers_when_it_is_healed_and_closes_nothing(chain: Chain) -> None:
    with chain.disturbed(HELD):
        chain.begin()
        chain.pass_ms(1000)
        assert chain.results == []
    chain.pass_ms(100)
    assert chain.results == [Delivered()]
    assert chain.put() == Delivered()
    assert (chain.kept, chain.failed) == (2, [])
    assert len(chain.told("connection")) == 2


def test_what_was_given_up_on_a_half_open_link_is_kept_when_it_is_healed(chain: Chain) -> None:
    with chain.disturbed(HELD):
        chain.put()
        assert (chain.kept, chain.failed) == (0, [GIVEN_UP])
    chain.pass_ms(100)
    assert chain.kept == 1


def test_the_answer_that_a_half_open_link_holds_comes_when_it_is_healed(chain: Chain) -> None:
    chain.begin()
    chain.pass_ms(IN_THE_CLOUD_MS)
    with chain.disturbed(HELD):
        chain.pass_ms(1000)
        assert (chain.kept, chain.results) == (1, [])
    chain.pass_ms(1)
    assert chain.results == [Delivered()]
    assert chain.failed == []


def test_what_a_half_open_link_holds_is_lost_when_it_goes_down(chain: Chain) -> None:
    with chain.disturbed(HELD):
        chain.begin()
        chain.pass_ms(100)
        with chain.disturbed(DOWN):
            pass
    chain.pass_ms(100)
    assert (chain.kept, chain.failed) == (0, [CUT])


# -- resets, and answers that break off --------------------------------------------------------


@pytest.mark.parametrize(("lost", "kept"), [(Lost.REQUESTS, 0), (Lost.ANSWERS, 1)])
def test_a_reset_ends_a_request_at_once(chain: Chain, lost: Lost, kept: int) -> None:
    with chain.disturbed(ConnectionReset(services=KINESIS, lost=lost)):
        assert isinstance(chain.put(), Failed)
        assert chain.world.now_ms < 50
    assert (chain.kept, chain.failed) == (kept, [CUT])


def test_an_answer_that_breaks_off_in_the_status_line_is_an_error(chain: Chain) -> None:
    with chain.disturbed(LimitData(services=KINESIS, answer_bytes=10)):
        result = chain.put()
    assert isinstance(result, Failed)
    assert not result.doubtful
    assert (chain.kept, chain.failed) == (1, [])


def test_an_answer_that_breaks_off_later_is_a_success_that_says_nothing(chain: Chain) -> None:
    with chain.disturbed(LimitData(services=KINESIS, answer_bytes=200)):
        assert chain.put() == Failed(reason="the answer was cut short", doubtful=True)
    assert (chain.kept, chain.failed) == (1, [])


def test_answers_count_from_when_they_are_limited(chain: Chain) -> None:
    chain.put()
    with chain.disturbed(LimitData(services=KINESIS, answer_bytes=700)):
        assert chain.put() == Delivered()
        assert isinstance(chain.put(), Failed)


# -- slow and narrow links ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "least_ms"),
    [
        (SLOW, 300),
        (Bandwidth(services=KINESIS, bytes_per_second=10_000), 1_300),
        (Slicer(services=KINESIS, slice_bytes=100, gap_ms=5), 500),
    ],
    ids=str,
)
def test_a_slow_link_answers_all_the_same(chain: Chain, fault: LinkFault, least_ms: float) -> None:
    began_ms = chain.world.now_ms
    with chain.disturbed(fault):
        assert chain.put(size=10_000) == Delivered()
    assert chain.world.now_ms - began_ms > least_ms
    assert (chain.kept, chain.failed) == (1, [])


@pytest.mark.parametrize(
    "fault",
    [
        Latency(services=KINESIS, latency_ms=40_000),
        Bandwidth(services=KINESIS, bytes_per_second=1_000),
        Slicer(services=KINESIS, slice_bytes=20, gap_ms=20),
    ],
    ids=str,
)
def test_what_was_given_up_on_a_slow_link_is_kept_all_the_same(
    chain: Chain, fault: LinkFault
) -> None:
    with chain.disturbed(fault):
        result = chain.put(size=20_000)
        assert (chain.kept, chain.failed) == (0, [GIVEN_UP])
        chain.pass_ms(60_000)
    assert isinstance(result, Failed)
    assert chain.kept == 1


# -- the sender, the cloud ---------------------------------------------------------------------


def test_what_a_killed_sender_had_sent_arrives(chain: Chain) -> None:
    with chain.disturbed(SLOW):
        chain.begin()
        chain.pass_ms(50)
        chain.links.forget()
        chain.pass_ms(1000)
    assert (chain.kept, chain.results) == (1, [])


def test_a_paused_cloud_answers_when_it_goes_on(chain: Chain) -> None:
    with chain.cloud.disturbed(CloudPause()):
        chain.begin()
        chain.pass_ms(1000)
        assert (chain.kept, chain.results) == (0, [])
    chain.pass_ms(10)
    assert chain.results == [Delivered()]


def test_what_was_given_up_while_the_cloud_stood_still_is_kept_all_the_same(chain: Chain) -> None:
    with chain.cloud.disturbed(CloudPause()):
        assert isinstance(chain.put(), Failed)
    assert (chain.kept, chain.failed) == (1, [GIVEN_UP])


# -- leases ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "inject",
    [lambda chain: chain.disturbed(SILENT), lambda chain: chain.cloud.disturbed(CloudPause())],
)
def test_a_fault_is_healed_whatever_happens(chain: Chain, inject: Callable[[Chain], Any]) -> None:
    with pytest.raises(ZeroDivisionError), inject(chain):
        assert [*chain.links.unclean(), *chain.cloud.unclean()]
        raise ZeroDivisionError
    assert [*chain.links.unclean(), *chain.cloud.unclean()] == []


def test_everything_can_be_healed_at_once(chain: Chain) -> None:
    with chain.disturbed(SILENT), chain.disturbed(HELD), chain.disturbed(DOWN):
        chain.links.heal_all()
        assert chain.links.unclean() == []
        assert chain.put() == Delivered()


def test_a_fault_on_one_link_leaves_the_others_alone(chain: Chain) -> None:
    with chain.disturbed(DOWN):
        assert chain.put(service="iotanalytics") == Delivered()


def test_of_two_faults_on_a_link_each_is_healed_for_itself(chain: Chain) -> None:
    with chain.disturbed(DOWN):
        with chain.disturbed(DOWN):
            pass
        assert isinstance(chain.put(), Failed)
    assert chain.put() == Delivered()
