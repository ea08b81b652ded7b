"""What the reference says of segments is what the log does: its own program is run beside a real stream."""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from system.stream_manager.log.memory import MemoryFileSystem
from system.stream_manager.store import StreamStore
from system.wire.definitions import MessageStreamDefinition
from system.wire.operations import StrategyOnFull

REFERENCE = Path(__file__).parents[3] / "docs/reference/stream-manager.md"
SEGMENT_SIZE = 1024


class Still:
    def wall_ms(self):
        return 1_700_000_000_000

    def monotonic_ms(self):
        return 0


def computed(payloads, max_size):
    """Bases of the segments, as the program in the reference computes them."""
    [program] = re.findall(r"```python\n(segments = .*?)```", REFERENCE.read_text(), re.DOTALL)
    names = {"payloads": payloads, "max_size": max_size, "segment_size": SEGMENT_SIZE}
    exec(program, names)
    return [segment[0][0] for segment in names["segments"]]


@given(
    st.lists(st.integers(1, SEGMENT_SIZE - 24), min_size=1, max_size=60),
    st.integers(SEGMENT_SIZE, 5 * SEGMENT_SIZE),
)
def test_segments_are_where_the_reference_computes_them(sizes, max_size):
    payloads = [bytes(size) for size in sizes]
    disk = MemoryFileSystem()
    definition = MessageStreamDefinition(
        name="S",
        strategy_on_full=StrategyOnFull.OVERWRITE_OLDEST_DATA,
        stream_segment_size=SEGMENT_SIZE,
        max_size=max_size,
    )
    stream = StreamStore(disk, Still(), warn=print).create(definition)
    for payload in payloads:
        stream.append(payload)
    names = [int(name.removesuffix(".log")) for name in disk.names("streams/S/log")]
    assert names == computed(payloads, max_size)


def test_every_variable_that_the_server_reads_is_in_the_reference():
    settings = Path(__file__).parents[3] / "system/stream_manager/settings.py"
    variables = set(re.findall(r'"((?:STREAM_MANAGER|AWS|LOG)_[A-Z0-9_]+)"', settings.read_text()))
    assert {each for each in variables if f"`{each}`" not in REFERENCE.read_text()} == set()
