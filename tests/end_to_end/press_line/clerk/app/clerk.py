# ruff: noqa: N802
"""Writes alarms down, urgently. On demand: a worker is there when there are alarms."""

import json
import logging

from greengrasssdk.stream_manager import StreamManagerClient, StreamManagerException

client = None


def Clerk_handler(event, context):
    global client
    subject = context.client_context.custom["subject"]
    line = json.dumps({"press": subject.split("/")[1], **event}).encode()
    try:
        client = client or StreamManagerClient()
        client.append_message("wear", line)
    except StreamManagerException:
        # The recorder has not made the stream yet, or the server is away: this alarm is told again soon enough.
        logging.exception("alarm %s is not written", event)
        client = None
