"""What is there again after a kill: cursors, counters, and in which order they reached the disk."""

import json

import pytest

from system.stream_manager.export.batch import Delivered, Failed
from system.stream_manager.log.memory import MemoryFile

CURSORS = "streams/S/exporters.json"


@pytest.fixture
def exporting(rig):
    rig.create("S", rig.exporter("cloud", batch_size=2))
    rig.append_many("S", 6)
    return rig


def test_an_exporter_goes_on_after_what_was_delivered(exporting):
    exporting.settle()
    exporting.restart()
    assert exporting.under_way() == [("cloud", [2, 3])]
    status = exporting.status("S")
    assert (status["lastExportedSequenceNumber"], status["exportedMessagesCount"]) == (1, 2)


def test_what_was_under_way_is_sent_again(exporting):
    exporting.settle()
    assert exporting.under_way() == [("cloud", [2, 3])]
    exporting.restart()
    assert exporting.under_way() == [("cloud", [2, 3])]


def test_what_was_refused_is_not_forgotten(exporting):
    exporting.settle(Delivered(refused=(1,), reason="slow down"))
    exporting.restart()
    assert exporting.under_way() == [("cloud", [1, 2])]


def test_a_failure_does_not_move_the_cursor(exporting):
    exporting.settle(Failed(reason="no", transport=True))
    exporting.restart()
    assert exporting.under_way() == [("cloud", [0, 1])]


def test_the_log_is_on_disk_before_a_cursor_that_covers_it(exporting, monkeypatch):
    order = []
    monkeypatch.setattr(MemoryFile, "sync", lambda self: order.append("log"))
    replace = exporting.disk.replace

    def noting(path, data, durable=True):
        order.append(path)
        replace(path, data, durable=durable)

    monkeypatch.setattr(exporting.disk, "replace", noting)
    exporting.settle()
    assert order == ["log", CURSORS]


def test_a_cursor_whose_log_cannot_be_synced_is_not_stored(exporting, monkeypatch):
    def sync(self):
        raise OSError(5, "Input/output error")

    before = exporting.disk.read(CURSORS)
    with monkeypatch.context() as broken:
        broken.setattr(MemoryFile, "sync", sync)
        exporting.settle()
    assert exporting.disk.read(CURSORS) == before
    assert any("cursors" in line and "Input/output" in line for line in exporting.log.lines)
    exporting.pass_ms(1000)
    assert json.loads(exporting.disk.read(CURSORS))["exporters"]["cloud"]["position"] == 2


def test_a_cursor_behind_the_end_is_set_back_to_it(exporting):
    exporting.settle()
    values = json.loads(exporting.disk.read(CURSORS))
    values["exporters"]["cloud"] |= {"position": 100, "last_exported": 99}
    exporting.disk.replace(CURSORS, json.dumps(values).encode())
    exporting.restart()
    assert exporting.under_way() == []
    assert exporting.status("S")["lastExportedSequenceNumber"] == 5
    exporting.append_many("S", 2)
    assert exporting.under_way() == [("cloud", [6, 7])]
    assert any("set back to 6" in line for line in exporting.log.lines)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"exporters": {"cloud": {"position": "1"}}}', b"\xff"]
)
def test_cursors_that_cannot_be_read_begin_again_and_keep_nothing_from_starting(exporting, content):
    exporting.settle()
    exporting.disk.replace(CURSORS, content)
    exporting.restart()
    assert exporting.under_way() == [("cloud", [0, 1])]
    assert any(CURSORS in line for line in exporting.log.lines)


def test_a_start_that_was_changed_just_before_a_kill_is_honoured_after_it(rig):
    rig.create("S", rig.exporter("cloud", batch_size=1, start_sequence_number=1))
    rig.append_many("S", 4)
    cursors = rig.disk.read(CURSORS)
    rig.update("S", rig.exporter("cloud", batch_size=1, start_sequence_number=2))
    rig.disk.replace(CURSORS, cursors)
    rig.restart()
    assert rig.under_way() == [("cloud", [2])]


def test_all_that_was_acknowledged_is_there_again(exporting):
    exporting.restart()
    assert exporting.describe("S")["storageStatus"]["newestSequenceNumber"] == 5
    assert exporting.append("S").values["sequenceNumber"] == 6


def test_the_cursor_of_a_stream_that_was_stopped_is_stored_for_good(exporting, monkeypatch):
    durable = []
    replace = exporting.disk.replace

    def noting(path, data, durable_=True, **options):
        durable.append((path, options.get("durable", durable_)))
        replace(path, data)

    monkeypatch.setattr(exporting.disk, "replace", noting)
    exporting.engine.end_waiting()
    exporting.engine.settle(exporting.batches.pop(), Delivered())
    exporting.engine.close()
    assert durable == [(CURSORS, True)]
    exporting.restart()
    assert exporting.under_way() == [("cloud", [2, 3])]


def test_a_server_that_stops_begins_no_batch(exporting):
    exporting.engine.end_waiting()
    exporting.settle()
    assert exporting.batches == []
    assert exporting.engine.batches_under_way == 0
