"""How far the exporters of a stream are, in `exporters.json` beside its definition.

```
{"format": 1, "exporters": {"<identifier>": {"position": 17, "last_exported": 16, ...}}}
```

The fields are those of `Progress`. A file that cannot be read is left aside with a warning: its exporters begin again,
which repeats messages and loses none.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from system.filesystem import FileSystem
from system.stream_manager.export.exporter import Progress

FORMAT = 1
FILE = "exporters.json"


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no integer")
    return value


def _optional(value: object) -> int | None:
    return None if value is None else _integer(value)


def _read(values: Mapping[str, Any]) -> Progress:
    return Progress(
        position=_integer(values["position"]),
        last_exported=_integer(values["last_exported"]),
        exported_bytes=_integer(values["exported_bytes"]),
        exported_messages=_integer(values["exported_messages"]),
        last_attempt_ms=_optional(values.get("last_attempt_ms")),
        started_at=_optional(values.get("started_at")),
    )


def load(filesystem: FileSystem, folder: str, warn: Callable[[str], None]) -> dict[str, Progress]:
    """What is stored in the folder of a stream, by identifier."""
    path = f"{folder}/{FILE}"
    if not filesystem.exists(path):
        return {}
    try:
        stored = json.loads(filesystem.read(path))
        return {name: _read(values) for name, values in stored["exporters"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        warn(f"{path} cannot be read, its exporters begin again: {error!r}")
        return {}


def save(
    filesystem: FileSystem, folder: str, progress: Mapping[str, Progress], *, durable: bool
) -> None:
    """Store the progress of all exporters of a stream in one step.

    Args:
        durable: whether to wait for the disk. Without it a power cut may bring back an older cursor, which repeats
            messages; a killed process loses nothing either way.

    Raises:
        OSError: the file is as it was.
    """
    exporters = {name: asdict(each) for name, each in progress.items()}
    data = json.dumps({"format": FORMAT, "exporters": exporters}).encode()
    filesystem.replace(f"{folder}/{FILE}", data, durable=durable)
