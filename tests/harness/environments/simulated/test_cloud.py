"""A cloud that refuses, fails and takes its time, as faults have it."""

import pytest

from harness.fault.clock_jump import DATES_MAY_DIFFER_MS
from harness.fault.cloud_error import CloudError
from harness.fault.cloud_partial_failure import CloudPartialFailure
from harness.fault.cloud_slow import CloudSlow
from harness.fault.cloud_throttle import CloudThrottle
from harness.fault.service import ALL_SERVICES, Service
from system.stream_manager.export.batch import Delivered, Failed

from .chain import Chain

KINESIS, ANALYTICS = (Service.KINESIS,), (Service.IOTANALYTICS,)


@pytest.fixture
def chain() -> Chain:
    return Chain()


def cloud_told(chain: Chain) -> list[str]:
    """How the requests ended, as the cloud tap saw it."""
    return [
        line["type"]
        for line in chain.lines
        if line["witness"] == "cloud-tap" and line["type"] in ("ok", "failed", "unknown")
    ]


def test_a_throttled_data_stream_refuses_the_records_that_are_too_much(chain: Chain) -> None:
    with chain.cloud.disturbed(CloudThrottle(services=ALL_SERVICES, rate_hz=10)):
        result = chain.put(count=14)
        assert isinstance(result, Delivered)
        assert result.refused == (10, 11, 12, 13)
        assert "ProvisionedThroughputExceeded" in result.reason
        chain.pass_ms(450)
        assert chain.put(count=4) == Delivered()
        assert chain.kept == 14
    assert chain.put(count=100) == Delivered()


def test_a_throttled_channel_refuses_the_request(chain: Chain) -> None:
    with chain.cloud.disturbed(CloudThrottle(services=ALL_SERVICES, rate_hz=10)):
        result = chain.put(count=14, service="iotanalytics")
        assert isinstance(result, Failed)
        assert "ThrottlingException" in result.reason
        assert chain.put(count=10, service="iotanalytics") == Delivered()
    assert (chain.kept, cloud_told(chain)) == (10, ["failed", "ok"])


def test_less_than_one_message_a_second_is_one_now_and_then(chain: Chain) -> None:
    with chain.cloud.disturbed(CloudThrottle(services=ALL_SERVICES, rate_hz=0.5)):
        for service in ("kinesis", "iotanalytics"):
            took = [chain.put(service=service) for _ in range(2)]
            chain.pass_ms(2_000)
            took.append(chain.put(service=service))
            assert [each == Delivered() for each in took] == [True, False, True]


def test_some_messages_of_a_request_are_refused_and_the_others_kept(chain: Chain) -> None:
    with chain.cloud.disturbed(CloudPartialFailure(services=KINESIS, share=0.3)):
        result = chain.put(count=200)
        assert chain.put(count=50, service="iotanalytics") == Delivered()
    assert isinstance(result, Delivered)
    assert len(result.refused) / 200 == pytest.approx(0.3, abs=0.1)
    assert chain.kept == 250 - len(result.refused)


def test_a_cloud_that_fails_inside_may_have_kept_the_messages(chain: Chain) -> None:
    with chain.cloud.disturbed(CloudError(services=KINESIS, share=1.0)):
        results = [chain.put() for _ in range(40)]
    assert all(isinstance(each, Failed) and each.doubtful for each in results)
    assert 10 < chain.kept < 30
    assert set(cloud_told(chain)) == {"unknown"}


def test_a_slow_cloud_takes_longer(chain: Chain) -> None:
    with chain.cloud.disturbed(CloudSlow(services=KINESIS, latency_ms=3_000)):
        assert chain.put() == Delivered()
        assert chain.world.now_ms > 3_000
        assert chain.put(service="iotanalytics") == Delivered()
    assert chain.world.now_ms < 3_100


def test_a_cloud_that_is_too_slow_keeps_what_was_given_up(chain: Chain) -> None:
    with chain.cloud.disturbed(CloudSlow(services=KINESIS, latency_ms=20_000)):
        assert isinstance(chain.put(), Failed)
        chain.pass_ms(10_000)
    assert chain.kept == 1


@pytest.mark.parametrize("by_ms", [DATES_MAY_DIFFER_MS + 1, -DATES_MAY_DIFFER_MS - 1])
def test_what_is_dated_wrongly_is_refused(chain: Chain, by_ms: int) -> None:
    with chain.clock.jumped(by_ms):
        result = chain.put()
    assert isinstance(result, Failed)
    assert "InvalidSignature" in result.reason
    assert chain.put() == Delivered()


def test_a_date_may_be_a_little_wrong(chain: Chain) -> None:
    with chain.clock.jumped(DATES_MAY_DIFFER_MS - 1):
        assert chain.put() == Delivered()


def test_of_a_cloud_everything_can_be_healed_at_once(chain: Chain) -> None:
    with chain.cloud.disturbed(CloudError(services=KINESIS, share=1.0)):
        assert chain.cloud.unclean() == ["cloud: the cloud fails inside"]
        chain.cloud.heal_all()
        assert chain.cloud.unclean() == []
        assert chain.put() == Delivered()


def test_records_are_spread_over_the_shards_of_a_data_stream(chain: Chain) -> None:
    chain.cloud.targets.clear()
    chain.cloud.provide("kinesis", "stream", shards=3)
    chain.put(count=100)
    places = [each.place for each in chain.cloud.targets["kinesis", "stream"].messages]
    assert {place.partition("/")[0] for place in places} == {
        f"shardId-{shard:012d}" for shard in range(3)
    }
