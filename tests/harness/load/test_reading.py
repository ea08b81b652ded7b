import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from harness.load.reading import reading

SOURCE = Path(__file__).parents[3] / "lambdas" / "sensor_source" / "readings.py"


@pytest.fixture(scope="module")
def of_the_site() -> ModuleType:
    """What the site's own sensor source makes its readings with."""
    spec = importlib.util.spec_from_file_location("readings_of_the_site", SOURCE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("size_bytes", [0, 10, 200])
def test_a_reading_is_the_one_that_the_sensor_source_would_make(
    of_the_site: ModuleType, size_bytes: int
) -> None:
    ours = reading("device-1", 7, 1_700_000_000.12345, seed=3, size_bytes=size_bytes)

    assert ours == of_the_site.reading(
        "device-1", 7, 1_700_000_000.12345, seed=3, size_bytes=size_bytes
    )
    assert b"\n" not in ours
