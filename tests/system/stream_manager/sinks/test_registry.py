import os
import subprocess
import sys

from system.stream_manager.export.batch import Delivered, Failed
from system.stream_manager.sinks.registry import Sinks
from system.wire.definitions import (
    KinesisConfig,
)

from .conftest import REGION, answer, batch

KINESIS = KinesisConfig(identifier="k", kinesis_stream_name="readings")


WITHOUT_CREDENTIALS = """
import os, sys
from system.stream_manager.export.batch import Batch
from system.stream_manager.sinks.registry import Sinks
from system.wire.definitions import KinesisConfig
from system.wire.messages import Message

config = KinesisConfig(identifier="k", kinesis_stream_name="readings")
message = Message("S", 0, 1, b"a")
batch = Batch(id=1, exporter=("S", "k"), generation=0, config=config, messages=(message,))
sinks = Sinks(region="us-east-1")
print(sinks.send(batch))
os.environ.update(AWS_ACCESS_KEY_ID="edge", AWS_SECRET_ACCESS_KEY="edge")
print(sinks.send(batch))
sinks.close()
"""


def test_without_credentials_a_batch_fails_until_there_are_some(destination, tmp_path):
    destination.script = [answer({"FailedRecordCount": 0, "Records": [{"SequenceNumber": "1"}]})]
    settings = {
        "AWS_ENDPOINT_URL_KINESIS": destination.url,
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}

    # A process of its own: all clients of one share what was found first.
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_CREDENTIALS],
        env=kept | settings,
        capture_output=True,
        text=True,
        check=True,
    )

    without, afterwards = done.stdout.splitlines()
    assert without == repr(Failed(reason="Unable to locate credentials"))
    assert afterwards == repr(Delivered())


def test_an_address_that_is_none_fails_and_nothing_is_raised(sinks_at):
    result = sinks_at("nonsense").send(batch(KINESIS, b"a"))

    assert isinstance(result, Failed) and "nonsense" in result.reason


def test_sinks_that_were_never_used_close():
    sinks = Sinks(region=REGION)
    sinks.close()
    sinks.close()
