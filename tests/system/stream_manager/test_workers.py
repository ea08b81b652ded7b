"""The threads between engine and sinks."""

import threading

from harness.waiting import wait_until
from system.stream_manager.export.batch import Batch, Delivered, Failed
from system.stream_manager.workers import Workers
from system.wire.definitions import KinesisConfig
from system.wire.messages import Message

CONFIG = KinesisConfig(identifier="e", kinesis_stream_name="K")


def batch(number):
    message = Message("S", number, 0, b"x")
    return Batch(id=number, exporter=("S", "e"), generation=1, config=CONFIG, messages=(message,))


def test_as_many_batches_are_sent_at_once_as_there_are_threads():
    together = threading.Barrier(3, timeout=10)

    class Meeting:
        def send(self, batch):
            together.wait()
            return Delivered()

        def close(self):
            pass

    settled = []
    workers = Workers(Meeting(), 3, lambda batch, result: settled.append((batch.id, result)))
    for number in range(3):
        workers.put(batch(number))
    wait_until(lambda: len(settled) == 3, seconds=10, what="three batches sent together")
    assert sorted(settled) == [(0, Delivered()), (1, Delivered()), (2, Delivered())]


def test_a_sink_that_raises_has_failed_to_deliver_and_its_thread_goes_on():
    class Faulty:
        def send(self, batch):
            raise ZeroDivisionError("a fault")

        def close(self):
            pass

    settled = []
    workers = Workers(Faulty(), 1, lambda batch, result: settled.append(result))
    for number in range(2):
        workers.put(batch(number))
    wait_until(lambda: len(settled) == 2, seconds=10, what="both results")
    assert all(isinstance(result, Failed) and "a fault" in result.reason for result in settled)
