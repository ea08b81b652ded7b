"""What `docs/reference/faults.md` says that a connection which is kept open sees, each row through the real chain."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from harness.environments.site.links import bandwidth, latency, silence

from .chain import CUT, GIVEN_UP, SEEN_S, Chain

pytestmark = pytest.mark.localstack


@pytest.mark.parametrize("mode", ["link_down", "link_silent"])
def test_a_cut_between_two_requests_is_not_noticed(chain: Chain, mode: str) -> None:
    links = chain.links
    cut = links.down if mode == "link_down" else lambda who: links.poisoned(who, silence())
    with cut(["kinesis"]):
        pass
    chain.put()
    chain.keeps(1)
    assert chain.failed() == []


def test_a_link_that_is_down_refuses_the_next_request(chain: Chain) -> None:
    with chain.links.down(["kinesis"]):
        chain.saw("connection note")
        # Reset while it connects, or right after.
        with pytest.raises((ConnectionClosedError, EndpointConnectionError)):
            chain.put()
        chain.saw("connection failed", "Connection refused")
    assert chain.cloud.kept == []


def test_a_request_that_a_cut_hits_on_its_way_is_not_kept(chain: Chain) -> None:
    # Silence keeps it on the way until the cut.
    with chain.links.poisoned(["kinesis"], silence()):
        under_way = chain.begin_put()
        chain.saw("request invoked")
        with chain.links.down(["kinesis"]), pytest.raises(ConnectionClosedError):
            under_way.result(SEEN_S)
    chain.saw(*CUT)
    assert chain.cloud.kept == []


def test_an_answer_that_a_cut_hits_on_its_way_is_that_of_a_message_that_is_kept(
    chain: Chain,
) -> None:
    chain.cloud.answers.clear()
    under_way = chain.begin_put()
    assert chain.cloud.asked.wait(SEEN_S)
    with chain.links.down(["kinesis"]), pytest.raises(ConnectionClosedError):
        under_way.result(SEEN_S)
    chain.saw(*CUT)
    chain.cloud.answers.set()
    chain.put()
    chain.keeps(2)


def test_a_request_into_silence_ends_by_its_own_time_out(chain: Chain) -> None:
    chain.connect(read_timeout=0.5)
    with chain.links.poisoned(["kinesis"], silence()):
        with pytest.raises(ReadTimeoutError):
            chain.put()
        chain.saw(*GIVEN_UP)
    assert chain.cloud.kept == []


def test_the_end_of_a_silence_ends_the_request_that_waited_in_it(chain: Chain) -> None:
    with chain.links.poisoned(["kinesis"], silence()):
        under_way = chain.begin_put()
        chain.saw("request invoked")
    with pytest.raises(ConnectionClosedError):
        under_way.result(SEEN_S)
    chain.saw(*CUT)
    assert chain.cloud.kept == []


def test_an_answer_into_silence_is_that_of_a_message_that_is_kept(chain: Chain) -> None:
    chain.cloud.answers.clear()
    under_way = chain.begin_put()
    assert chain.cloud.asked.wait(SEEN_S)
    with chain.links.poisoned(["kinesis"], silence()):
        chain.cloud.answers.set()
        chain.keeps(1)
    with pytest.raises(ConnectionClosedError):
        under_way.result(SEEN_S)


@pytest.mark.parametrize("slow", [latency(300), bandwidth(1000)], ids=["latency", "bandwidth"])
def test_a_slow_link_answers_all_the_same(chain: Chain, slow: Any) -> None:
    with chain.links.poisoned(["kinesis"], slow):
        chain.put(50_000)
    chain.keeps(1)
    assert chain.failed() == []


SLOWER: list[tuple[Callable[[], Any], int]] = [
    (lambda: latency(2000), 10),
    (lambda: bandwidth(100), 100_000),
]


@pytest.mark.parametrize(("slow", "size"), SLOWER, ids=["latency", "bandwidth"])
def test_what_was_given_up_on_a_slow_link_may_be_kept_all_the_same(
    chain: Chain, slow: Callable[[], Any], size: int
) -> None:
    chain.connect(read_timeout=0.5)
    with chain.links.poisoned(["kinesis"], slow()):
        with pytest.raises(ReadTimeoutError):
            chain.put(size)
        chain.keeps(1)
        chain.saw(*GIVEN_UP)
