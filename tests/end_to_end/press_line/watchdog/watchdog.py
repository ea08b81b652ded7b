# ruff: noqa: UP010, UP031
from __future__ import print_function

import json
import os
import time
from threading import Timer

import greengrasssdk

iot = greengrasssdk.client("iot-data")
every = int(os.environ["EVERY_MS"]) / 1000.0
count = [0]


def look():
    Timer(every, look).start()
    count[0] += 1
    iot.publish(
        topic="plant/press%d/alarm" % (count[0] % 3),
        payload=json.dumps({"alarm": count[0], "at": time.time()}),
    )


look()


def handler(event, context):
    return
