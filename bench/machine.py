"""What a run ran on: figures of another machine, or of a busy one, are others."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil

GIB = 1 << 30
CORES, LOAD = "cores", "load at the start"


def machine(now: datetime) -> dict[str, str]:
    """Facts about this machine, by their names."""
    return {
        "date": now.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _processor(),
        CORES: str(os.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / GIB:.0f} GiB",
        "kernel": platform.release(),
        "Python": platform.python_version(),
        LOAD: f"{os.getloadavg()[0]:.1f}",
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
