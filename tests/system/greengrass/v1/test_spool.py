from botocore.exceptions import EndpointConnectionError

from harness.waiting import wait_until
from system.greengrass.router.router import Publication
from system.greengrass.supervision.backoff import BackoffRule
from system.greengrass.v1 import spool
from system.greengrass.v1.spool import CloudSpool


class Broker:
    def __init__(self, failures):
        self.failures = failures
        self.got = []

    def publish(self, *, topic, qos, payload):
        if self.failures:
            self.failures -= 1
            raise EndpointConnectionError(endpoint_url="http://nowhere")
        self.got.append((topic, qos, payload))


def message(payload):
    return Publication(source="s", topic="t", payload=payload)


def test_messages_wait_for_the_cloud_and_arrive_in_order(monkeypatch):
    monkeypatch.setattr(spool, "BACKOFF", BackoffRule(first_s=0.01, cap_s=0.02))
    broker = Broker(failures=3)
    queue = CloudSpool(lambda: broker, bytes_max=100)
    queue.start()
    for number in range(4):
        assert queue.deliver(message(b"%d" % number))
    wait_until(lambda: len(broker.got) == 4, seconds=5, what="all four")
    queue.stop()
    assert broker.got == [("t", 1, b"%d" % number) for number in range(4)]


def test_what_does_not_fit_is_refused_with_one_line(caplog):
    queue = CloudSpool(lambda: Broker(0), bytes_max=10)
    assert queue.deliver(message(b"x" * 10))
    assert not queue.has_room()
    for _ in range(3):
        assert not queue.deliver(message(b"x"))
    assert caplog.text.count("The queue to the cloud is full (10 bytes)") == 1
