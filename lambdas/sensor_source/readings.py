"""What one reading looks like."""

import json
import random


def reading(sensor, ordinal, now, *, seed=0, size_bytes=0):
    """One reading as JSON bytes.

    The values are a function of seed, sensor and ordinal alone, so that a run can be repeated: hertz is drawn from
    N(1000, 2), temperature (degrees Fahrenheit) from N(80, 4).

    Args:
        sensor: name of the sensor.
        ordinal: how many readings this sensor has made before.
        now: epoch seconds.
        seed: makes another series of values.
        size_bytes: the reading is padded to this size; smaller than the reading itself means no padding.
    """
    draw = random.Random(f"{seed}/{sensor}/{ordinal}")
    fields = {
        "sensor": sensor,
        "ordinal": ordinal,
        "hertz": round(draw.gauss(1000, 2), 4),
        "temperature": round(draw.gauss(80, 4), 4),
        "timestamp": round(now, 4),
    }
    plain = json.dumps(fields).encode()
    missing = size_bytes - len(plain) - len(', "padding": ""')
    if missing < 0:
        return plain
    return json.dumps({**fields, "padding": "x" * missing}).encode()
