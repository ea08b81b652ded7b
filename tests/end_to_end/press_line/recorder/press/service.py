"""Entry of the function: a recorder and its control server, both for as long as the core lives."""

import os

from press.control import ControlServer
from press.recorder import FrameRecorder, StreamWriter

writer = StreamWriter()
recorder = FrameRecorder(
    writer, hz=float(os.environ["FRAME_HZ"]), samples=int(os.environ["SAMPLES"])
)
ControlServer(recorder, int(os.environ["CONTROL_PORT"])).start()
recorder.start()


def lambda_entry(event, context):
    """Nobody invokes it."""
    raise NotImplementedError
