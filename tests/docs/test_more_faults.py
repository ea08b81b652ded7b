"""What `docs/reference/faults.md` says of half-open, one-way, reset, broken-off and sliced links, each row measured."""

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from harness.environments.site.links import hold, limit, one_way, reset, slices
from harness.fault.direction import Lost

from .chain import CUT, GIVEN_UP, SEEN_S, Chain

pytestmark = pytest.mark.localstack

IN_THE_STATUS_LINE, IN_THE_HEAD, IN_THE_BODY = 10, 60, 200
"""Bytes of an answer that get through."""


# -- half-open -------------------------------------------------------------------------------------


def test_a_half_open_link_answers_when_it_is_healed_and_closes_nothing(chain: Chain) -> None:
    with chain.links.poisoned(["kinesis"], hold()):
        under_way = chain.begin_put()
        chain.saw("request invoked")
    under_way.result(SEEN_S)
    chain.put()
    chain.keeps(2)
    assert chain.failed() == chain.new_connections() == []


def test_what_was_given_up_on_a_half_open_link_is_kept_when_it_is_healed(chain: Chain) -> None:
    chain.connect(read_timeout=0.5)
    with chain.links.poisoned(["kinesis"], hold()):
        with pytest.raises(ReadTimeoutError):
            chain.put()
        chain.saw(*GIVEN_UP)
        assert chain.cloud.kept == []
    chain.keeps(1)


def test_the_answer_that_a_half_open_link_holds_comes_when_it_is_healed(chain: Chain) -> None:
    chain.cloud.answers.clear()
    under_way = chain.begin_put()
    assert chain.cloud.asked.wait(SEEN_S)
    with chain.links.poisoned(["kinesis"], hold()):
        chain.cloud.answers.set()
        chain.keeps(1)
        assert not under_way.done()
    under_way.result(SEEN_S)
    assert chain.failed() == []


# -- one way ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lost", "kept"), [(Lost.REQUESTS, 0), (Lost.ANSWERS, 1)])
def test_a_one_way_link_ends_by_the_time_out_of_the_client(
    chain: Chain, lost: Lost, kept: int
) -> None:
    chain.connect(read_timeout=0.5)
    with chain.links.poisoned(["kinesis"], one_way(lost)):
        with pytest.raises(ReadTimeoutError):
            chain.put()
        chain.saw(*GIVEN_UP)
    chain.keeps(kept)


@pytest.mark.parametrize("lost", Lost)
def test_the_end_of_a_one_way_link_closes_what_waited_in_it(chain: Chain, lost: Lost) -> None:
    with chain.links.poisoned(["kinesis"], one_way(lost)):
        under_way = chain.begin_put()
        chain.saw("request invoked")
        if lost is Lost.ANSWERS:
            assert chain.cloud.asked.wait(SEEN_S)
    with pytest.raises(ConnectionClosedError):
        under_way.result(SEEN_S)
    chain.saw(*CUT)


# -- resets ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lost", "kept"), [(Lost.REQUESTS, 0), (Lost.ANSWERS, 1)])
def test_a_reset_is_an_error_at_once_on_old_and_new_connections(
    chain: Chain, lost: Lost, kept: int
) -> None:
    with chain.links.poisoned(["kinesis"], reset(lost)):
        for count in (1, 2):
            with pytest.raises(ConnectionClosedError):
                chain.put()
            chain.keeps(kept * count)
        assert [line["reason"] for line in chain.failed()] == ["closed by cloud side"] * 2
    chain.put()
    chain.keeps(2 * kept + 1)


# -- answers that break off ------------------------------------------------------------------------


def test_an_answer_that_breaks_off_at_once_is_that_of_a_message_that_is_kept(chain: Chain) -> None:
    with (
        chain.links.poisoned(["kinesis"], limit(IN_THE_STATUS_LINE)),
        pytest.raises(ConnectionClosedError),
    ):
        chain.put()
    chain.put()
    chain.keeps(2)


@pytest.mark.parametrize("answer_bytes", [IN_THE_HEAD, IN_THE_BODY])
def test_an_answer_that_breaks_off_later_is_a_success_that_says_nothing(
    chain: Chain, answer_bytes: int
) -> None:
    assert chain.put()["FailedRecordCount"] == 0
    with chain.links.poisoned(["kinesis"], limit(answer_bytes)):
        assert "FailedRecordCount" not in chain.put()
    assert chain.failed() == [], "the uplink tap saw an answer begin"
    chain.keeps(2)


# -- slices ----------------------------------------------------------------------------------------


def test_a_link_in_slices_answers_all_the_same(chain: Chain) -> None:
    with chain.links.poisoned(["kinesis"], slices(64, 1)):
        chain.put(1_000)
    chain.keeps(1)
    assert chain.failed() == []


def test_what_was_given_up_on_a_link_in_slices_may_be_kept_all_the_same(chain: Chain) -> None:
    chain.connect(read_timeout=0.5)
    with chain.links.poisoned(["kinesis"], slices(500, 20)):
        with pytest.raises(ReadTimeoutError):
            chain.put(30_000)
        chain.keeps(1)
        chain.saw(*GIVEN_UP)
