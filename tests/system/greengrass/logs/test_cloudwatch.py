import threading
from collections import deque

from botocore.exceptions import ClientError, EndpointConnectionError

from harness.waiting import wait_until
from system.greengrass.logs import cloudwatch
from system.greengrass.logs.cloudwatch import CloudWatch, Entry, take_batch


class Logs:
    """The service in memory; it fails as often as it is told to."""

    def __init__(self, failures=0):
        self.failures = failures
        self.groups = set()
        self.streams = set()
        self.events = {}
        self.reached = threading.Event()

    def _create(self, known, name):
        if name in known:
            error = {"Error": {"Code": "ResourceAlreadyExistsException"}}
            raise ClientError(error, "Create")
        known.add(name)

    def create_log_group(self, **request):
        self._create(self.groups, request["logGroupName"])

    def create_log_stream(self, **request):
        self._create(self.streams, (request["logGroupName"], request["logStreamName"]))

    def put_log_events(self, **request):
        if self.failures:
            self.failures -= 1
            raise EndpointConnectionError(endpoint_url="http://nowhere")
        group, events = request["logGroupName"], request["logEvents"]
        assert (group, request["logStreamName"]) in self.streams
        times = [event["timestamp"] for event in events]
        assert times == sorted(times)
        self.events.setdefault(group, []).extend(event["message"] for event in events)


def entry(group, epoch_ms, line="x"):
    return Entry(group=group, epoch_ms=epoch_ms, line=line)


def test_a_batch_is_of_one_group_and_in_order_of_time():
    entries = deque([entry("a", 2), entry("a", 1), entry("b", 1), entry("a", 3)])
    assert [each.epoch_ms for each in take_batch(entries)] == [1, 2]
    assert [each.group for each in take_batch(entries)] == ["b"]
    assert take_batch(deque()) == []


def test_a_batch_keeps_within_what_the_service_takes():
    entries = deque(entry("a", number, "x" * 200_000) for number in range(10))
    assert len(take_batch(entries)) == 4
    many = deque(entry("a", number) for number in range(2000))
    assert len(take_batch(many)) == cloudwatch.BATCH_LINES_MAX


def test_lines_arrive_after_failures_and_before_the_end(monkeypatch):
    monkeypatch.setattr(cloudwatch, "LINGER_S", 0.0)
    monkeypatch.setattr(
        cloudwatch, "BACKOFF", cloudwatch.BackoffRule(first_s=0.01, cap_s=0.02, stable_s=9)
    )
    service = Logs(failures=3)
    forward = CloudWatch(lambda: service, lambda: "stream")
    forward.start()
    forward.offer("g", 1.0, "one")
    forward.offer("g", 2.0, "two")
    wait_until(lambda: service.events.get("g") == ["one", "two"], seconds=5, what="both lines")
    forward.offer("h", 3.0, "three")
    forward.stop(5)
    assert service.events == {"g": ["one", "two"], "h": ["three"]}
    assert service.streams == {("g", "stream"), ("h", "stream")}


def test_the_oldest_lines_go_when_there_is_no_room(monkeypatch):
    monkeypatch.setattr(cloudwatch, "BUFFER_LINES_MAX", 3)
    service = Logs()
    forward = CloudWatch(lambda: service, lambda: "stream")
    for number in range(5):
        forward.offer("g", number, str(number))
    forward.start()
    forward.stop(5)
    assert service.events == {"g": ["2", "3", "4"]}
    assert forward.dropped == 2
