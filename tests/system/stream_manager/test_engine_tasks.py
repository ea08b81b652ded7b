"""Tasks of S3 executors: what the status stream is told, and what becomes of tasks that nobody runs any more."""

import json

import pytest

from system.stream_manager.export.batch import Delivered, Failed
from system.stream_manager.export.tasks import CANCELED_MAX
from system.wire.definitions import (
    ExportDefinition,
    MessageStreamDefinition,
    S3ExportTaskExecutorConfig,
    StatusConfig,
)
from system.wire.messages import CreateMessageStream, UpdateMessageStream
from system.wire.operations import StatusCode, StrategyOnFull
from system.wire.tasks import Status, StatusLevel

TASK = json.dumps({"inputUrl": "file:/a", "bucket": "readings", "key": "a"}).encode()
DOWN = Failed(reason="no link", transport=True)
MINUTE_MS = 60_000


def executing(*identifiers, level=None, name="Tasks", **fields):
    fields.setdefault("strategy_on_full", StrategyOnFull.OVERWRITE_OLDEST_DATA)
    status = StatusConfig(status_stream_name="Status", status_level=level)
    return MessageStreamDefinition(
        name=name,
        export_definition=ExportDefinition(
            s3_task_executor=tuple(
                S3ExportTaskExecutorConfig(identifier=each, status_config=status)
                for each in identifiers
            )
        ),
        **fields,
    )


def create(rig, *identifiers, **fields):
    definition = executing(*identifiers, **fields)
    answer = rig.ask(CreateMessageStream(request_id=rig.new_id(), definition=definition))
    assert answer.status is StatusCode.SUCCESS, answer


def update(rig, definition):
    answer = rig.ask(UpdateMessageStream(request_id=rig.new_id(), definition=definition))
    assert answer.status is StatusCode.SUCCESS, answer


@pytest.fixture
def tasks(rig):
    """A rig with an executor that tells everything."""
    rig.create("Status")
    create(rig, "e", level=StatusLevel.TRACE)
    return rig


def told(rig, stream="Status"):
    """Sequence number of the task, status and level of each status message."""
    newest = rig.describe(stream)["storageStatus"]["newestSequenceNumber"]
    if newest < 0:
        return []
    request = rig.read(stream, min_message_count=newest + 1)
    answer = rig.answer_to(request)
    values = [json.loads(each["payload"]) for each in answer.values["messages"]]
    return [
        (
            each["statusContext"]["sequenceNumber"],
            Status(each["status"]).name,
            StatusLevel(each["statusLevel"]).name,
        )
        for each in values
    ]


BEGUN, DONE = ("IN_PROGRESS", "INFO"), ("SUCCESS", "INFO")
CANCELED = ("CANCELED", "ERROR")


def test_tasks_are_run_one_by_one_in_the_order_appended(tasks):
    tasks.append_many("Tasks", 3, TASK)
    assert tasks.under_way() == [("e", [0])]
    tasks.settle()
    assert tasks.under_way() == [("e", [1])]


def test_a_task_that_succeeds_is_in_progress_and_then_a_success(tasks):
    tasks.append("Tasks", TASK)
    assert told(tasks) == [(0, *BEGUN)]
    tasks.settle()
    assert told(tasks) == [(0, *BEGUN), (0, *DONE)]


def test_a_status_tells_stream_task_number_time_and_where_the_object_is(tasks):
    tasks.append("Tasks", TASK)
    tasks.settle(Delivered(note="7 bytes are in s3://readings/a"))
    answer = tasks.answer_to(tasks.read("Status", 1))
    values = json.loads(answer.values["messages"][0]["payload"])
    assert values == {
        "eventType": 0,
        "statusLevel": 2,
        "status": 0,
        "statusContext": {
            "s3ExportTaskDefinition": json.loads(TASK),
            "exportIdentifier": "e",
            "streamName": "Tasks",
            "sequenceNumber": 0,
        },
        "message": "7 bytes are in s3://readings/a",
        "timestampEpochMs": tasks.clock.wall_ms(),
    }


def test_a_task_that_can_never_succeed_is_a_failure_and_the_next_one_is_run(tasks):
    tasks.append_many("Tasks", 2, TASK)
    tasks.settle(Delivered(skipped=((0, "NoSuchBucket"),)))
    assert told(tasks)[1] == (0, "FAILURE", "ERROR")
    assert tasks.under_way() == [("e", [1])]
    assert "NoSuchBucket" in tasks.status("Tasks")["errorMessage"]


def test_a_failed_attempt_is_a_detail_and_the_task_goes_on(tasks):
    tasks.append("Tasks", TASK)
    tasks.settle(DOWN)
    tasks.pass_ms(1000)
    tasks.settle()
    assert told(tasks) == [
        (0, *BEGUN),
        (0, "IN_PROGRESS", "DEBUG"),
        (0, "IN_PROGRESS", "TRACE"),
        (0, *DONE),
    ]


def test_what_went_wrong_besides_is_a_warning(tasks):
    tasks.append("Tasks", TASK)
    tasks.settle(Delivered(warnings=("a part stays",)))
    assert told(tasks)[1:] == [(0, "WARNING", "WARN"), (0, *DONE)]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (StatusLevel.ERROR, []),
        (StatusLevel.WARN, ["WARNING"]),
        (StatusLevel.INFO, ["IN_PROGRESS", "WARNING", "SUCCESS"]),
        (None, ["IN_PROGRESS", "WARNING", "SUCCESS"]),
        (StatusLevel.DEBUG, ["IN_PROGRESS", "IN_PROGRESS", "WARNING", "SUCCESS"]),
        (StatusLevel.TRACE, ["IN_PROGRESS"] * 3 + ["WARNING", "SUCCESS"]),
    ],
)
def test_no_more_is_told_than_the_level_says(rig, level, expected):
    rig.create("Status")
    create(rig, "e", level=level)
    rig.append("Tasks", TASK)
    rig.settle(DOWN)
    rig.pass_ms(1000)
    rig.settle(Delivered(warnings=("a part stays",)))
    assert [status for _, status, _ in told(rig)] == expected


def test_a_reader_that_waits_for_a_status_is_answered(tasks):
    waiting = tasks.read("Status", read_timeout_millis=10_000)
    assert tasks.answer_to(waiting) is None
    tasks.append("Tasks", TASK)
    assert tasks.answer_to(waiting).status is StatusCode.SUCCESS


def test_a_status_stream_may_be_exported_itself(rig):
    rig.create("Status", rig.exporter("cloud", batch_size=1))
    create(rig, "e")
    rig.append("Tasks", TASK)
    assert rig.under_way() == [("e", [0]), ("cloud", [0])]


def test_a_status_stream_that_is_gone_or_full_costs_its_messages_and_nothing_else(rig):
    rig.create(
        "Status",
        strategy_on_full=StrategyOnFull.REJECT_NEW_DATA,
        max_size=1024,
        stream_segment_size=1024,
    )
    create(rig, "e")
    for _ in range(4):
        rig.append("Tasks", TASK)
        rig.settle()
    assert any("full" in line for line in rig.log.lines)
    rig.delete("Status")
    rig.append("Tasks", TASK)
    rig.settle()
    assert any("Status does not exist" in line for line in rig.log.lines)
    assert rig.status("Tasks")["lastExportedSequenceNumber"] == 4


def test_a_task_that_was_under_way_at_a_kill_is_run_again(tasks):
    tasks.append("Tasks", TASK)
    tasks.restart()
    assert tasks.under_way() == [("e", [0])]
    tasks.settle()
    assert told(tasks) == [(0, *BEGUN), (0, *BEGUN), (0, *DONE)]


def test_a_task_whose_last_word_was_told_is_not_run_again(tasks):
    tasks.append("Tasks", TASK)
    tasks.settle()
    tasks.restart()
    assert tasks.under_way() == []


def test_the_last_word_is_told_before_the_cursor_moves_on(tasks, monkeypatch):
    tasks.append("Tasks", TASK)
    written = []
    real = tasks.disk.replace

    def replace(path, data, **options):
        written.append(told_now())
        real(path, data, **options)

    def told_now():
        log = tasks.disk.open("streams/Status/log/" + "0" * 20 + ".log")
        return log.size()

    before = told_now()
    monkeypatch.setattr(tasks.disk, "replace", replace)
    tasks.settle()
    assert written and all(size > before for size in written)


# -- canceled --------------------------------------------------------------------------------------


def test_a_deleted_stream_cancels_its_tasks_also_the_one_under_way(tasks):
    tasks.append_many("Tasks", 3, TASK)
    tasks.settle()
    tasks.delete("Tasks")
    assert told(tasks)[3:] == [(1, *CANCELED), (2, *CANCELED)]
    tasks.settle()
    assert len(told(tasks)) == 5


def test_a_stream_that_cannot_be_deleted_cancels_nothing(tasks, monkeypatch):
    tasks.append("Tasks", TASK)

    def refuse(old, new):
        raise OSError("no")

    monkeypatch.setattr(tasks.disk, "rename", refuse)
    assert tasks.delete("Tasks").status is StatusCode.UNKNOWN_FAILURE
    assert told(tasks) == [(0, *BEGUN)]


def test_a_removed_executor_cancels_its_tasks_and_no_others(rig):
    rig.create("Status")
    create(rig, "e", "f", level=StatusLevel.ERROR)
    rig.append_many("Tasks", 2, TASK)
    update(rig, executing("f", level=StatusLevel.ERROR))
    assert told(rig) == [(0, *CANCELED), (1, *CANCELED)]
    assert [identifier for identifier, _ in rig.under_way()] == ["e", "f"]


def test_a_changed_executor_cancels_nothing(tasks):
    tasks.append("Tasks", TASK)
    update(tasks, executing("e", level=StatusLevel.INFO))
    assert told(tasks) == [(0, *BEGUN)]


def test_of_very_many_tasks_only_so_many_are_told_and_the_rest_is_counted_in_the_log(rig):
    rig.create("Status")
    create(rig, "e", level=StatusLevel.ERROR)
    rig.append_many("Tasks", CANCELED_MAX + 5, TASK)
    rig.delete("Tasks")
    assert len(told(rig)) == CANCELED_MAX
    assert any("5 more tasks" in line for line in rig.log.lines)


@pytest.fixture
def mortal(rig):
    """Tasks that live for a minute, two to a segment."""
    rig.create("Status")
    create(
        rig, "e", level=StatusLevel.INFO, time_to_live_millis=MINUTE_MS, stream_segment_size=1024
    )
    return rig


LARGE = json.dumps({"inputUrl": "file:/a", "bucket": "readings", "key": "a" * 400}).encode()


def test_tasks_whose_time_is_over_are_canceled_instead_of_run(mortal):
    mortal.append_many("Tasks", 5, LARGE)
    mortal.settle(DOWN)
    mortal.pass_ms(2 * MINUTE_MS)
    mortal.append("Tasks", LARGE)
    assert mortal.under_way() == [("e", [5])]
    assert told(mortal)[1:] == [*((number, *CANCELED) for number in range(5)), (5, *BEGUN)]


def test_a_task_under_way_when_its_time_is_over_may_still_succeed(mortal):
    mortal.append_many("Tasks", 5, LARGE)
    mortal.pass_ms(2 * MINUTE_MS)
    assert told(mortal)[1:] == [(number, *CANCELED) for number in range(1, 5)]
    mortal.settle()
    assert told(mortal)[5:] == [(0, *DONE)]
    assert mortal.under_way() == []


def test_a_task_that_fails_after_it_is_gone_is_canceled(mortal):
    mortal.append_many("Tasks", 5, LARGE)
    mortal.pass_ms(2 * MINUTE_MS)
    mortal.settle(DOWN)
    assert told(mortal)[5:] == [(0, *CANCELED)]
    mortal.pass_ms(MINUTE_MS)
    assert mortal.under_way() == []


def test_a_task_that_fails_when_its_time_is_over_is_canceled_before_its_segment_goes(mortal):
    mortal.append_many("Tasks", 1, TASK)
    mortal.pass_ms(MINUTE_MS // 2)
    mortal.append_many("Tasks", 1, TASK)
    mortal.pass_ms(MINUTE_MS * 3 // 4)
    mortal.settle(DOWN)
    mortal.pass_ms(1000)
    assert told(mortal)[1:] == [(0, *CANCELED), (1, *BEGUN)]


def test_a_task_is_canceled_though_earlier_ones_were_while_another_was_under_way(mortal):
    mortal.append_many("Tasks", 3, LARGE)
    mortal.pass_ms(2 * MINUTE_MS)
    mortal.settle()
    mortal.append_many("Tasks", 1, TASK)
    mortal.pass_ms(MINUTE_MS // 2)
    mortal.append_many("Tasks", 1, TASK)
    mortal.append_many("Tasks", 1, TASK)
    mortal.pass_ms(2 * MINUTE_MS)
    mortal.settle(DOWN)
    mortal.pass_ms(1000)
    last_words = [number for number, status, _ in told(mortal) if status in ("CANCELED", "SUCCESS")]
    assert sorted(last_words) == [0, 1, 2, 3, 4, 5]


def test_each_task_is_canceled_once(mortal):
    mortal.append_many("Tasks", 3, LARGE)
    for _ in range(4):
        mortal.pass_ms(2 * MINUTE_MS)
    mortal.settle(DOWN)
    mortal.pass_ms(2 * MINUTE_MS)
    mortal.delete("Tasks")
    canceled = [number for number, status, _ in told(mortal) if status == "CANCELED"]
    assert sorted(canceled) == [0, 1, 2]


def test_what_files_have_is_part_of_the_average_bandwidth(make_rig):
    rig = make_rig(max_bandwidth_kbit_per_s=8)
    rig.create("Status")
    create(rig, "e")
    rig.append("Tasks", TASK)
    rig.append("Tasks", TASK)
    rig.settle(Delivered(sent_bytes=10_000))
    assert rig.under_way() == []
    rig.pass_ms(10_000)
    assert rig.under_way() == []
    rig.pass_ms(200)
    assert rig.under_way() == [("e", [1])]
