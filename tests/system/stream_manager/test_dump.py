"""`stream-chaos-server dump`, on stores that servers made."""

import json
import os

import pytest
from stream_manager import (
    ExportDefinition,
    KinesisConfig,
    MessageStreamDefinition,
    Persistence,
    StrategyOnFull,
)

from system.stream_manager.__main__ import main
from system.stream_manager.dump import is_held

LOG = "streams/S/log/00000000000000000000.log"


@pytest.fixture
def filled(server):
    """A server that runs, with three messages in one stream and none in another."""
    client = server.client()
    kinesis = KinesisConfig(identifier="k", kinesis_stream_name="K", batch_size=500)
    for name, persistence in ("S", Persistence.File), ("M", Persistence.Memory):
        client.create_message_stream(
            MessageStreamDefinition(
                name=name,
                strategy_on_full=StrategyOnFull.RejectNewData,
                persistence=persistence,
                export_definition=ExportDefinition(kinesis=[kinesis]),
            )
        )
    for _ in range(3):
        client.append_message("S", b"12345678")
    client.close()
    return server


def dumped(store, capsys, *flags):
    status = main(["dump", str(store), *flags])
    return status, capsys.readouterr().out


def test_a_store_can_be_looked_at_while_its_server_runs(filled, capsys):
    status, text = dumped(filled.store, capsys, "--json")
    values = json.loads(text)
    assert (status, values["format"], values["running"], values["damage"]) == (0, 1, True, [])
    stream, memory = values["streams"]
    assert (stream["name"], stream["newestSequenceNumber"], stream["totalBytes"]) == ("S", 2, 96)
    assert stream["segments"][0]["bytes"] == stream["segments"][0]["file_bytes"] == 96
    assert stream["exporters"]["k"]["position"] == 0
    assert (memory["persistence"], memory["segments"]) == ("MEMORY", [])


def test_people_get_a_line_for_each_thing(filled, capsys):
    filled.stop()
    status, text = dumped(filled.store, capsys)
    assert status == 0
    assert "S: messages 0 to 2, 96 of 268435456 bytes, rejects when full" in text
    assert "segment 0: up to 2, 96 bytes, newest 20" in text
    assert "exporter k: at 0, 3 to go" in text
    assert "M: in memory" in text
    assert text.endswith("no damage\n")


def test_damage_is_status_1_stays_as_it_is_and_keeps_no_server_from_starting(filled, capsys):
    filled.kill()
    path = filled.store / LOG
    with path.open("ab") as log:
        log.write(b"torn")
    for flags in ((), ("--json",)):
        status, text = dumped(filled.store, capsys, *flags)
        assert status == 1
        assert "segment 0 has 4 bytes at 96 that are no record" in text
    assert path.stat().st_size == 100
    filled.start()
    assert dumped(filled.store, capsys)[0] == 0


def test_a_store_that_may_only_be_read_can_be_looked_at(filled, capsys):
    filled.stop()
    for folder, _, files in os.walk(filled.store):
        for each in files:
            (filled.store / folder / each).chmod(0o400)
    assert dumped(filled.store, capsys)[0] == 0


@pytest.mark.parametrize("name", ["nowhere", "empty", "file"])
def test_what_is_no_store_is_one_sentence_and_status_2(tmp_path, capsys, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    assert main(["dump", str(tmp_path / name)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    [line] = captured.err.splitlines()
    assert name in line


def test_a_store_that_is_held_is_told_by_the_kernel(filled):
    lock = filled.store / "lock"
    assert is_held(lock)
    filled.stop()
    assert not is_held(lock)
    assert not is_held(filled.store / "none")
