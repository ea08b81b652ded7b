"""Lost and late packets: bytes come later, in their order and once."""

from random import Random
from statistics import mean

import pytest

from harness.environments.simulated.packets import (
    PACKET_BYTES,
    TIMEOUT_MAX_MS,
    Pipe,
    loss_ms,
    losses,
    reorder_ms,
)
from harness.fault.direction import Lost
from harness.fault.packet_loss import PacketLoss
from harness.fault.packet_reorder import PacketReorder
from harness.fault.service import Service
from harness.fault.shared_bandwidth import SharedBandwidth
from system.stream_manager.export.batch import Delivered, Failed

from .chain import Chain

KINESIS = (Service.KINESIS,)
BOTH = (Service.KINESIS, Service.IOTANALYTICS)


def loss(share: float, burst: float = 1.0) -> PacketLoss:
    return PacketLoss(services=KINESIS, share=share, burst=burst)


def runs(places: list[int]) -> list[int]:
    """The lengths of consecutive losses."""
    found: list[int] = []
    for index, place in enumerate(places):
        if index and place == places[index - 1] + 1:
            found[-1] += 1
        else:
            found.append(1)
    return found


@pytest.mark.parametrize(("share", "burst"), [(0.02, 2.0), (0.1, 4.0), (0.3, 8.0)])
def test_so_many_packets_get_lost_and_so_many_in_a_row(share: float, burst: float) -> None:
    lost = losses(loss(share, burst), 200_000, Random(1))
    assert len(lost) / 200_000 == pytest.approx(share, rel=0.1)
    assert mean(runs(lost)) == pytest.approx(burst, rel=0.1)


@pytest.mark.parametrize(("share", "count"), [(0.0, 0), (1.0, 1000)])
def test_none_or_all_may_get_lost(share: float, count: int) -> None:
    assert len(losses(loss(share, 3.0), 1000, Random(1))) == count


def test_a_loss_with_others_behind_it_costs_a_round_trip() -> None:
    found = {loss_ms(loss(0.02), 40 * PACKET_BYTES, 80.0, Random(seed)) for seed in range(300)}
    assert {0.0, 80.0} <= found


def test_a_loss_at_the_end_costs_a_time_out_at_least() -> None:
    found = [loss_ms(loss(0.3), 100, 50.0, Random(seed)) for seed in range(300)]
    late = [each for each in found if each]
    assert min(late) == 250.0, "a round trip, and 200 ms"
    assert set(late) >= {250.0, 750.0, 1750.0}, "each time-out is twice the one before"
    assert len(late) / len(found) == pytest.approx(0.3, abs=0.1)


def test_where_everything_gets_lost_nobody_waits_for_ever() -> None:
    assert loss_ms(loss(1.0), 100, 50.0, Random(1)) < 3 * TIMEOUT_MAX_MS


def test_packets_that_are_late_are_waited_for() -> None:
    late = PacketReorder(services=KINESIS, share=0.1, latency_ms=70)
    found = [reorder_ms([late], 100, Random(seed)) for seed in range(500)]
    assert set(found) == {0.0, 70.0}
    assert sum(map(bool, found)) / 500 == pytest.approx(0.1, abs=0.05)


def test_what_shares_a_pipe_waits_for_what_is_before_it() -> None:
    pipe = Pipe(1_000)
    assert pipe.pass_ms(Lost.REQUESTS, 500, 0.0) == 500
    assert pipe.pass_ms(Lost.REQUESTS, 500, 100.0) == 900
    assert pipe.pass_ms(Lost.ANSWERS, 500, 100.0) == 500
    assert pipe.pass_ms(Lost.REQUESTS, 500, 2_000.0) == 500


# -- on links ----------------------------------------------------------------------------------


@pytest.fixture
def chain() -> Chain:
    return Chain(latency_ms=50)


def test_a_lossy_link_is_a_slow_one(chain: Chain) -> None:
    with chain.links.disturbed(loss(0.3)):
        took = []
        for _ in range(50):
            began_ms = chain.world.now_ms
            assert chain.put() == Delivered()
            took.append(chain.world.now_ms - began_ms)
    assert max(took) > 200
    assert min(took) < 100
    assert (chain.kept, chain.failed) == (50, [])


def test_a_link_that_loses_everything_ends_in_a_time_out(chain: Chain) -> None:
    with chain.links.disturbed(loss(1.0)):
        assert isinstance(chain.put(), Failed)
    chain.pass_ms(2 * TIMEOUT_MAX_MS)
    assert chain.kept == 1


def test_links_share_what_passes(chain: Chain) -> None:
    fault = SharedBandwidth(services=BOTH, bytes_per_second=10_000)
    with chain.links.disturbed(fault):
        chain.begin(size=30_000)
        chain.begin(size=30_000, service="iotanalytics")
        chain.pass_ms(6_000)
        assert chain.results == [Delivered()]
        chain.pass_ms(4_000)
        assert chain.results == [Delivered(), Delivered()]
    assert chain.links.unclean() == []
    began_ms = chain.world.now_ms
    chain.put(size=30_000)
    assert chain.world.now_ms - began_ms < 100
