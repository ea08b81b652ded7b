"""Whatever becomes of S3 tasks, each gets one last word, and none after it."""

from collections import Counter
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from system.stream_manager.export.batch import Delivered, Failed
from system.wire.messages import CreateMessageStream
from system.wire.tasks import StatusLevel

from .test_engine_tasks import LARGE, MINUTE_MS, TASK, executing, told, update

RESULTS = {
    "done": Delivered(),
    "never": Delivered(skipped=((0, "never"),)),
    "broken": Failed(reason="broken", transport=True),
    "refused": Failed(reason="refused"),
    "doubtful": Failed(reason="silent", transport=True, doubtful=True),
}
LAST_WORDS = ("SUCCESS", "FAILURE", "CANCELED")

STEPS = st.one_of(
    st.tuples(st.just("append"), st.integers(1, 4)),
    st.tuples(st.just("settle"), st.sampled_from(sorted(RESULTS))),
    st.tuples(st.just("pass"), st.sampled_from([1000, 15_000, 25_000, 40_000, MINUTE_MS])),
    st.tuples(st.just("disable"), st.booleans()),
)


class World:
    """One executor over tasks that live for a minute."""

    def __init__(self, rig):
        self.rig = rig
        self.appended = 0
        rig.create("Status")
        request_id = rig.new_id()
        rig.ask(CreateMessageStream(request_id=request_id, definition=self.definition()))

    def definition(self):
        return executing(
            "e",
            level=StatusLevel.INFO,
            time_to_live_millis=MINUTE_MS,
            stream_segment_size=1024,
        )

    def step(self, what, value):
        match what:
            case "append":
                self.rig.append_many("Tasks", value, LARGE if value == 1 else TASK)
                self.appended += value
            case "settle" if self.rig.batches:
                self.rig.settle(RESULTS[value])
            case "pass":
                self.rig.pass_ms(value)
            case "disable":
                self.disable(value)

    def disable(self, disabled):
        definition = self.definition()
        (config,) = definition.export_definition.s3_task_executor
        changed = replace(config, disabled=disabled)
        exports = replace(definition.export_definition, s3_task_executor=(changed,))
        update(self.rig, replace(definition, export_definition=exports))


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None
)
@given(steps=st.lists(STEPS, min_size=20, max_size=60))
def test_each_task_has_one_last_word_and_it_is_the_last(make_rig, steps):
    world = World(make_rig())
    for what, value in steps:
        world.step(what, value)
    world.rig.delete("Tasks")
    statuses = told(world.rig)
    words = Counter(number for number, status, _ in statuses if status in LAST_WORDS)
    assert words == {number: 1 for number in range(world.appended)}
    ended = set()
    for number, status, _ in statuses:
        assert number not in ended
        if status in LAST_WORDS:
            ended.add(number)
