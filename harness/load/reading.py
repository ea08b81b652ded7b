"""What one reading of a load looks like: as the site's own sensor source makes it."""

import json
from random import Random


def reading(sensor: str, ordinal: int, now_s: float, *, seed: int, size_bytes: int = 0) -> bytes:
    """One reading as JSON on one line.

    The values are a function of seed, sensor and ordinal alone: hertz is drawn from N(1000, 2), temperature (degrees
    Fahrenheit) from N(80, 4).

    Args:
        now_s: epoch seconds.
        size_bytes: it is padded to this size; smaller than the reading itself means no padding.
    """
    draw = Random(f"{seed}/{sensor}/{ordinal}")
    fields = {
        "sensor": sensor,
        "ordinal": ordinal,
        "hertz": round(draw.gauss(1000, 2), 4),
        "temperature": round(draw.gauss(80, 4), 4),
        "timestamp": round(now_s, 4),
    }
    plain = json.dumps(fields).encode()
    missing = size_bytes - len(plain) - len(', "padding": ""')
    return plain if missing < 0 else json.dumps({**fields, "padding": "x" * missing}).encode()
