import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from system.stream_manager.errors import StorageFailed, StreamExists, StreamNotFound
from system.stream_manager.store import FOLDER_NAME_MAX, StreamStore, folder_name
from system.wire.definitions import ExportDefinition, KinesisConfig, MessageStreamDefinition
from system.wire.operations import Persistence, StrategyOnFull

from .conftest import HandClock

# What the protocol allows, with what file systems have their own ideas about.
NAMES = [
    ".",
    "..",
    "...",
    ".hidden",
    " ",
    "a b",
    "a,b",
    "a.log",
    "trailing.",
    "-",
    "x" * 255,
    "," * 255,
]
LETTERS = "ABCabc019_ ,.-"


def definition(name="S", **fields):
    fields.setdefault("strategy_on_full", StrategyOnFull.REJECT_NEW_DATA)
    return MessageStreamDefinition(name=name, **fields)


class Site:
    """A store on a disk."""

    def __init__(self, disk):
        self.disk = disk
        self.clock = HandClock()
        self.warnings = []
        self.store = self.opened()

    def opened(self):
        return StreamStore(self.disk, self.clock, self.warnings.append)

    def restart(self):
        """A kill: nothing is closed, everything written is there."""
        self.disk.open_files.clear()
        self.store = self.opened()

    def create(self, name="S", **fields):
        return self.store.create(definition(name, **fields))

    def rewrite(self, change, folder="S"):
        """Change what a definition file says."""
        path = f"streams/{folder}/definition.json"
        values = json.loads(self.disk.read(path))
        self.disk.replace(path, json.dumps(change(values)).encode())


@pytest.fixture
def site(simulated_disk):
    return Site(simulated_disk)


# -- creating and opening again --------------------------------------------------------------------


def test_a_new_store_is_empty(site):
    assert site.store.names() == []
    assert json.loads(site.disk.read("format.json")) == {"format": 1, "created": 0}


def test_a_stream_is_usable_at_once_and_found_by_its_name(site):
    stream = site.create()

    assert stream.append(b"x") == 0
    assert site.store.get("S") is stream and site.store.require("S") is stream
    assert list(site.store) == [stream]


def test_a_stream_that_is_not_there(site):
    assert site.store.get("T") is None
    with pytest.raises(StreamNotFound, match="T does not exist"):
        site.store.require("T")
    with pytest.raises(StreamNotFound):
        site.store.delete("T")


def test_a_name_is_given_once(site):
    stream = site.create()
    stream.append(b"x")

    with pytest.raises(StreamExists, match="already exists"):
        site.create(max_size=5000, stream_segment_size=5000)
    assert site.store.get("S") is stream and stream.total_bytes


def test_a_stream_is_after_a_restart_what_it_was(site):
    exports = ExportDefinition(
        kinesis=(KinesisConfig(identifier="k", kinesis_stream_name="s", priority=3),)
    )
    wanted = definition(time_to_live_millis=60_000, flush_on_write=True, export_definition=exports)
    site.store.create(wanted).append(b"x")
    site.restart()

    stream = site.store.require("S")
    assert stream.definition == wanted
    assert [each.payload for each in stream.read(0, 9)] == [b"x"]
    assert site.warnings == []


def test_streams_are_listed_in_the_order_of_their_creation(site):
    for name in "cab":
        site.create(name)
    site.store.delete("a")
    site.create("a")
    site.restart()
    site.create("B")

    assert site.store.names() == ["c", "b", "a", "B"]


def test_an_updated_definition_is_there_after_a_restart(site):
    stream = site.create()
    stream.update(replace(stream.definition, max_size=1 << 30))
    site.restart()

    assert site.store.require("S").definition.max_size == 1 << 30


def test_a_stream_in_memory_keeps_its_definition_and_nothing_else(site):
    stream = site.create(persistence=Persistence.MEMORY)
    stream.append(b"x")

    assert site.disk.files() == ["format.json", "streams/S/definition.json"]
    site.restart()
    stream = site.store.require("S")
    assert stream.definition.persistence is Persistence.MEMORY
    assert (stream.newest_sequence_number, stream.append(b"y")) == (-1, 0)


def test_a_stream_that_was_created_survives_a_power_cut(site):
    class Dice:
        random = staticmethod(lambda: 0.0)
        randint = staticmethod(lambda low, high: low)
        choice = staticmethod(lambda sides: sides[0])

    stream = site.create()
    site.create("T")
    stream.append(b"x")
    stream.sync()
    site.store.delete("T")
    site.disk.crash(Dice())
    site.store = site.opened()

    assert site.store.names() == ["S"], "T was deleted, and that was acknowledged"
    assert site.store.require("S").newest_sequence_number == 0
    assert site.warnings == []


def test_closing_syncs_and_closes_all(site):
    for name in "ab":
        site.create(name).append(b"x")
    site.store.close()

    assert not site.disk.open_files


def test_a_stream_that_cannot_be_synced_at_the_end_is_told_and_keeps_no_other_from_closing(site):
    for name in "ab":
        site.create(name).append(b"x")
    site.disk.failing.add("sync")
    site.store.close()

    assert len(site.warnings) == 2
    assert not site.disk.open_files


# -- folders -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_every_name_has_a_folder_of_its_own_inside_the_store(site, name):
    site.create(name).append(b"x")
    site.restart()

    assert site.store.names() == [name]
    assert site.store.require(name).newest_sequence_number == 0
    (folder,) = site.disk.names("streams")
    assert len(folder) <= FOLDER_NAME_MAX and "/" not in folder and not folder.startswith(".")
    site.store.delete(name)
    assert site.disk.names("streams") == []


@given(st.sets(st.text(LETTERS, min_size=1, max_size=255), min_size=2))
def test_no_two_streams_share_a_folder(names):
    assert len({folder_name(name) for name in names}) == len(names)


def test_long_names_that_begin_alike_have_folders_of_their_own():
    names = ["," * 254 + last for last in LETTERS]

    assert len({folder_name(name) for name in names}) == len(names)


def test_plain_names_can_be_recognised():
    assert folder_name("Local_Data-Stream.1") == "Local_Data-Stream.1"


# -- deleting ----------------------------------------------------------------------------------


def test_a_deleted_stream_leaves_nothing(site):
    for persistence in Persistence:
        site.create(persistence=persistence).append(b"x")
        site.store.delete("S")

        assert site.disk.files() == ["format.json"]
        assert site.store.names() == []
        assert not site.disk.open_files


@pytest.mark.parametrize("persistence", Persistence)
def test_numbers_begin_again_when_a_deleted_stream_is_created_again(site, persistence):
    site.create(persistence=persistence).append(b"x")
    site.store.delete("S")

    assert site.create(persistence=persistence).append(b"y") == 0


def test_what_a_kill_left_of_a_deleted_stream_goes_at_the_next_start(site):
    site.create().append(b"x")
    site.disk.failing.add("remove_folder")
    site.store.delete("S")
    site.restart()

    assert len(site.warnings) == 2 and "deleted" in site.warnings[0]
    assert site.store.names() == []
    site.create().append(b"y")
    site.store.delete("S")
    site.disk.failing.clear()
    site.restart()
    assert site.disk.files() == ["format.json"]


def test_a_stream_that_cannot_be_deleted_stays_as_it_is(site):
    stream = site.create()
    site.disk.failing.add("rename")
    with pytest.raises(StorageFailed, match=r"deleting the stream S failed: .*no space"):
        site.store.delete("S")
    site.disk.failing.clear()

    assert site.store.names() == ["S"] and stream.append(b"x") == 0


# -- a disk that refuses ---------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["replace", "make_folder", "open", "sync_folder"])
def test_a_stream_that_cannot_be_created_leaves_nothing(site, operation):
    site.create("other")
    site.disk.failing.add(operation)
    with pytest.raises(StorageFailed, match=r"creating the stream S failed: .*no space"):
        site.create()
    site.disk.failing.clear()

    assert site.store.names() == ["other"]
    site.restart()
    assert site.store.names() == ["other"] and site.warnings == []
    assert site.create().append(b"x") == 0
    assert site.disk.names("streams") == ["S", "other"]


@pytest.mark.parametrize("operation", ["make_folder", "names", "replace"])
def test_a_root_that_cannot_be_used_is_told(simulated_disk, operation):
    simulated_disk.failing.add(operation)

    with pytest.raises(StorageFailed, match=r"opening the store failed: .*no space"):
        Site(simulated_disk)


def test_another_version_s_data_is_left_alone(site):
    site.disk.replace("format.json", b'{"format": 2}')

    with pytest.raises(StorageFailed, match="it has format 2, this version reads 1"):
        site.opened()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b'{"format": 1, "created": "x"}']
)
def test_a_damaged_format_file_keeps_nothing_from_opening(site, content):
    for name in "ab":
        site.create(name)
    site.disk.replace("format.json", content)
    site.restart()

    assert site.store.names() == ["a", "b"]
    site.create("c")
    site.restart()
    assert site.store.names() == ["a", "b", "c"]


# -- damaged definitions -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"{}",
        b'{"order": 1}',
        b'{"order": 1, "definition": 7}',
        b'{"order": 1, "definition": {"name": "S"}}',
        b'{"definition": {"name": "S", "strategyOnFull": 0}}',
        b'{"order": "first", "definition": {"name": "S", "strategyOnFull": 0}}',
        b'{"order": null, "definition": {"name": "S", "strategyOnFull": 0}}',
        b'{"order": 1, "definition": {"name": "other", "strategyOnFull": 0}}',
    ],
)
def test_a_damaged_definition_is_left_aside_and_keeps_no_other_from_opening(site, content):
    site.create().append(b"precious")
    site.create("other").append(b"x")
    site.disk.replace("streams/S/definition.json", content)
    site.restart()

    assert site.store.names() == ["other"]
    assert site.store.require("other").newest_sequence_number == 0
    assert len(site.warnings) == 1 and "streams/S" in site.warnings[0]


def test_what_was_left_aside_is_kept_when_its_name_is_used_again(site):
    site.create().append(b"precious")
    site.disk.replace("streams/S/definition.json", b"{")
    site.restart()
    stream = site.create()

    assert stream.append(b"x") == 0
    (aside,) = [name for name in site.disk.names("streams") if name != "S"]
    segment = site.disk.read(f"streams/{aside}/log/{0:020d}.log")
    assert segment.endswith(b"precious")
    site.restart()
    assert site.store.names() == ["S"]
    assert site.store.require("S").newest_sequence_number == 0


def test_a_copy_of_a_stream_s_folder_is_no_second_stream(site):
    site.create().append(b"x")
    site.disk.make_folder("streams/A")
    site.disk.replace("streams/A/definition.json", site.disk.read("streams/S/definition.json"))
    site.restart()

    assert site.store.names() == ["S"]
    assert site.store.require("S").newest_sequence_number == 0
    assert "streams/A" in site.warnings[0]


def test_a_stray_file_among_the_streams_is_left_alone(site):
    site.create()
    site.disk.replace("streams/README", b"hello")
    site.restart()

    assert site.store.names() == ["S"]
    assert site.disk.read("streams/README") == b"hello"


def test_a_stream_whose_log_cannot_be_opened_is_left_aside(site):
    site.create().append(b"x")
    site.disk.failing.add("open")
    site.restart()

    assert site.store.names() == []
    assert "streams/S cannot be opened" in site.warnings[0]
    site.disk.failing.clear()
    site.restart()
    assert site.store.require("S").newest_sequence_number == 0


@pytest.mark.parametrize("surprise", ["from a later version", None, 7, [1]])
def test_what_a_later_version_added_to_a_definition_does_no_harm(site, surprise):
    site.create()
    site.rewrite(lambda values: {**values, "later": surprise})
    site.restart()

    assert site.store.names() == ["S"]
