"""Sound: a stream manager whose records take 64 bytes besides their payload."""

import struct
import sys

SCENARIOS = ("short_overwrite",)
CAUGHT_BY = None


def draw_larger() -> None:
    """Change the format of records, before anybody has taken it over."""
    from system.stream_manager.log import format as drawn

    drawn.HEADER = struct.Struct(">IIQq40x")
    drawn.RECORD_OVERHEAD_BYTES = drawn.HEADER.size
    drawn._CHECKED = struct.Struct(">Qq40x")


if __name__ == "__main__":
    draw_larger()
    from system.stream_manager.__main__ import main

    sys.exit(main())
