"""What `stream-chaos init NAME --site` writes: a site file, a function, and a scenario on that site."""

from collections.abc import Mapping

SITE = """\
# A site of your own. What each key means: docs/reference/site.md.
site: {name}

functions:
  # As Greengrass v1 runs them: a folder, and a handler in it. What its requirements.txt names is installed into the
  # bundle; a package that lies in the folder itself needs no line there.
  - name: Meter
    folder: meter
    handler: meter.handler
    # pinned: started with the core and kept. `pinned: false` is on demand, started for messages.
    pinned: true
    # `json` gives the handler a parsed message, `binary` its bytes.
    encoding: json
    timeout: 3s
    environment: {{PER_SECOND: 20}}
    # Ports that it listens on: a free one that it is told in a variable, or a fixed `number`.
    # ports: {{api: {{variable: API_PORT}}}}

# Who gets whose messages; `cloud` is IoT Core.
# subscriptions:
#   - {{source: Meter, topic: meters/+, target: Meter}}

# The streams that the functions make: a scenario that names another one is told so.
streams: [Measurements]

# What the exporters of these streams name has to be there.
cloud:
  kinesis_streams: [measurements]
  # iot_analytics_channels: [measurements]

# After failures an exporter waits for at most this long before it tries again.
stream_manager: {{STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS: 5000}}

# Containers beside the core, with the port of their page.
# container: {{compose: docker-compose.yml, port: 8082}}

# URLs that begin and end the making of data. Without them the functions make it as long as they run.
# source: {{port: api, start: /start, stop: /stop}}

# When the site counts as standing: streams that exist, ports that listen, URLs that answer.
ready:
  - {{stream: Measurements}}
  # - {{port: api, path: /health}}
"""

FUNCTION = '''\
"""A meter: measures some times per second and appends to a stream that is exported to Kinesis. Put yours in its place.

The address of the stream manager is in STREAM_MANAGER_SERVER_PORT, where the client looks for it by itself.
"""

import json
import logging
import os
import threading
import time

from stream_manager import (
    ExportDefinition,
    KinesisConfig,
    MessageStreamDefinition,
    ResourceNotFoundException,
    StrategyOnFull,
    StreamManagerClient,
)

STREAM = "Measurements"
PERIOD_S = 1 / float(os.environ["PER_SECOND"])


def connect():
    """A client, with the stream there."""
    client = StreamManagerClient()
    try:
        client.describe_message_stream(STREAM)
    except ResourceNotFoundException:
        # Without an interval only full batches are sent: 20 messages make one.
        kinesis = KinesisConfig(
            identifier="ToKinesis", kinesis_stream_name="measurements", batch_size=20
        )
        client.create_message_stream(
            MessageStreamDefinition(
                name=STREAM,
                strategy_on_full=StrategyOnFull.OverwriteOldestData,
                export_definition=ExportDefinition(kinesis=[kinesis]),
            )
        )
    return client


def measure():
    """Measure for ever; a client that broke, as when the stream manager was killed, is replaced."""
    client, number = None, 0
    while True:
        try:
            client = client or connect()
            payload = json.dumps({"number": number, "at": time.time()})
            client.append_message(STREAM, payload.encode())
            number += 1
        except Exception:
            logging.exception("measurement %d is tried again", number)
            client = None
        time.sleep(PERIOD_S)


threading.Thread(target=measure, daemon=True).start()


def handler(event, context):
    """Nothing is sent to it: it does its work by itself."""
'''

REQUIREMENTS = """\
stream-manager==1.1.2
cbor2==5.9.0
"""

SCENARIO = """\
# What each key means: docs/reference/scenario.md. To see the plan that this makes:
#   stream-chaos check {file}
scenario: {name}  # has to be the name of the file
description: >-
  The uplink refuses for fifteen seconds and nothing that was acknowledged is lost.

# Nothing is disturbed during the warm-up; the functions go on after run_for until everything that was acknowledged
# before the heal has arrived.
workload: {{warm_up: 10s, run_for: 40s}}

site:
  file: site.yaml
  # Over what the site file says:
  # functions: {{Meter: {{PER_SECOND: 50}}}}
  # stream_manager: {{STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE: 1}}

# A round trip takes this long on every link, also when nothing disturbs it.
link: {{latency: 50ms}}

# A step happens at a time or on an event.
steps:
  - {{name: outage, at: 12s, cut: all, mode: refused, for: 15s}}
  # - {{at: 30s, cut: [kinesis], mode: silent, for: 5s}}
  # - {{at: 30s, kill: Meter}}
  # - {{on: {{event: request_in_flight, service: kinesis}}, within: 5s, kill: stream_manager}}

# What must have happened, so that a run in which the fault had no effect does not count.
conditions:
  - outages: {{services: [kinesis], lasting: 14s}}
  - waiting_at_heal: {{stream: Measurements, at_least: 100}}

# Who judges: loss, duplication, ordering, priority, overwrite.
judge: [loss, duplication, ordering]
"""


def files(name: str, folder: str) -> Mapping[str, str]:
    """The content of each file, by its path below the folder.

    Args:
        name: of scenario and site.
        folder: as the user will name it.
    """
    return {
        "site.yaml": SITE.format(name=name),
        "meter/meter.py": FUNCTION,
        "meter/requirements.txt": REQUIREMENTS,
        f"{name}.yaml": SCENARIO.format(name=name, file=f"{folder}/{name}.yaml"),
    }
