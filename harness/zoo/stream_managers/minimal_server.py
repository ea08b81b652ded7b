"""Sound: a stream manager that has nothing of ours: asyncio, cbor2, boto3 and one file for each stream.

It never evicts, so that it is good for what fits into a stream. A message is appended to its stream's file before it is
acknowledged; a cursor is stored after the cloud has answered.
"""

import asyncio
import base64
import contextlib
import json
import os
import signal
import struct
import time
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import cbor2
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.httpsession import URLLib3Session

SCENARIOS = ("short_outage", "short_kill")
CAUGHT_BY = None
STORE = Path(os.environ.get("STREAM_MANAGER_STORE_ROOT_DIR", "streams"))
PORT = int(os.environ.get("STREAM_MANAGER_SERVER_PORT", "8088"))
MAX_BACKOFF_S = int(os.environ.get("STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS", "300000")) / 1000
REGION = os.environ.get("AWS_REGION", "us-east-1")
OK, UNKNOWN_FAILURE, INVALID_REQUEST, NOT_FOUND, NOT_ENOUGH = 0, 1, 3, 5, 13
CONNECT, CREATE, DELETE, APPEND, READ, LIST, DESCRIBE, UPDATE = 1, 2, 3, 4, 5, 11, 13, 15
ANSWERS = {CONNECT: 6, CREATE: 7, DELETE: 8, APPEND: 9, READ: 10, LIST: 12, DESCRIBE: 14}
LENGTH = struct.Struct(">I")


class Refused(Exception):
    """A request that is answered with a status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Stream:
    """Messages in one file, and in memory; their numbers are their places."""

    def __init__(self, folder: Path, definition: dict[str, Any]) -> None:
        self.folder = folder
        self.definition = definition
        self.messages: list[bytes] = []
        self.grown = asyncio.Event()
        self.tasks: dict[str, asyncio.Task[None]] = {}
        folder.mkdir(exist_ok=True)
        self._file = (folder / "messages").open("a+b", buffering=0)
        self._recover()
        self.define(definition)

    def _recover(self) -> None:
        self._file.seek(0)
        data, at = self._file.read(), 0
        while at + 4 <= len(data):
            (size,) = LENGTH.unpack_from(data, at)
            if at + 4 + size > len(data):
                break
            self.messages.append(data[at + 4 : at + 4 + size])
            at += 4 + size
        self._file.truncate(at)

    def define(self, definition: dict[str, Any]) -> None:
        self.definition = definition
        aside = self.folder / "definition.new"
        aside.write_text(json.dumps(definition))
        aside.replace(self.folder / "definition")
        for kind, target in (("kinesis", "kinesisStreamName"), ("iotAnalytics", "iotChannel")):
            for config in (definition.get("exportDefinition") or {}).get(kind) or ():
                if config["identifier"] not in self.tasks:
                    task = asyncio.create_task(Exporter(self, kind, config[target], config).run())
                    self.tasks[config["identifier"]] = task

    def append(self, payload: bytes) -> int:
        self._file.write(LENGTH.pack(len(payload)) + payload)
        self.messages.append(payload)
        self.grown.set()
        return len(self.messages) - 1


class Exporter:
    """Sends batches one after the other until the cloud has said that it took them."""

    def __init__(self, stream: Stream, kind: str, target: str, config: dict[str, Any]) -> None:
        self._stream = stream
        self._put = put_records if kind == "kinesis" else put_messages
        self._target = target
        self._size = config.get("batchSize") or (500 if kind == "kinesis" else 100)
        self._cursor_file = stream.folder / f"cursor-{config['identifier']}"
        self._cursor = 0
        with contextlib.suppress(FileNotFoundError):
            self._cursor = int(self._cursor_file.read_text())

    async def run(self) -> None:
        while True:
            while len(self._stream.messages) - self._cursor < self._size:
                self._stream.grown.clear()
                await self._stream.grown.wait()
            await self._deliver(self._stream.messages[self._cursor : self._cursor + self._size])
            self._cursor += self._size
            aside = self._cursor_file.with_suffix(".new")
            aside.write_text(str(self._cursor))
            aside.replace(self._cursor_file)

    async def _deliver(self, batch: list[bytes]) -> None:
        wait_s, first = 0.5, self._cursor
        owed = [(first + place, payload) for place, payload in enumerate(batch)]
        while owed:
            try:
                owed = await asyncio.to_thread(self._put, self._target, owed)
                wait_s = 0.5
            except Exception as error:
                print(f"{self._target}: {error!r}", flush=True)
            if owed:
                await asyncio.sleep(min(wait_s, MAX_BACKOFF_S))
                wait_s *= 2


Owed = list[tuple[int, bytes]]
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=3, read_timeout=15, proxies={})
plain_http = URLLib3Session(timeout=15)


@cache
def kinesis() -> Any:
    """One client for all exporters."""
    return boto3.client("kinesis", region_name=REGION, config=ONCE)


def put_records(target: str, owed: Owed) -> Owed:
    """What Kinesis did not take."""
    records = [{"Data": payload, "PartitionKey": str(number)} for number, payload in owed]
    answer = kinesis().put_records(StreamName=target, Records=records)
    told = zip(owed, answer["Records"], strict=True)
    return [each for each, record in told if not record.get("SequenceNumber")]


def put_messages(target: str, owed: Owed) -> Owed:
    """What IoT Analytics did not take; botocore knows it no more."""
    messages = [
        {"messageId": str(number), "payload": base64.b64encode(payload).decode()}
        for number, payload in owed
    ]
    url = os.environ["AWS_ENDPOINT_URL_IOTANALYTICS"].rstrip("/") + "/messages/batch"
    body = json.dumps({"channelName": target, "messages": messages})
    request = AWSRequest("POST", url, headers={"Content-Type": "application/json"}, data=body)
    credentials = boto3.Session().get_credentials()
    assert credentials is not None
    SigV4Auth(credentials, "iotanalytics", REGION).add_auth(request)
    answer = plain_http.send(request.prepare())
    if answer.status_code != 200:
        raise OSError(f"status {answer.status_code}")
    wrong = {
        each["messageId"] for each in json.loads(answer.content)["batchPutMessageErrorEntries"]
    }
    return [each for each in owed if str(each[0]) in wrong]


class Server:
    """All streams and what clients ask of them."""

    def __init__(self) -> None:
        self.streams: dict[str, Stream] = {}
        for folder in sorted(STORE.iterdir()):
            if (folder / "definition").exists():
                definition = json.loads((folder / "definition").read_text())
                self.streams[definition["name"]] = Stream(folder, definition)
        self._does = {
            CONNECT: lambda _: {"protocolVersion": "1.1.0", "supportedProtocolVersions": ["1.1.0"]},
            CREATE: self._create,
            UPDATE: self._update,
            APPEND: lambda asked: {"sequenceNumber": self._of(asked).append(asked["payload"])},
            READ: self._read,
            LIST: lambda _: {"streams": [*self.streams]},
            DESCRIBE: self._describe,
        }

    def _of(self, asked: dict[str, Any], key: str = "name") -> Stream:
        if asked[key] not in self.streams:
            raise Refused(NOT_FOUND, f"there is no stream {asked[key]}")
        return self.streams[asked[key]]

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        definition = asked["definition"]
        if definition["name"] in self.streams:
            raise Refused(INVALID_REQUEST, "the stream is there already")
        folder = STORE / definition["name"].encode().hex()
        self.streams[definition["name"]] = Stream(folder, definition)
        return {}

    def _update(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._of(asked["definition"]).define(asked["definition"])
        return {}

    def _read(self, asked: dict[str, Any]) -> dict[str, Any]:
        stream, options = self._of(asked, "streamName"), asked.get("readMessagesOptions") or {}
        first, least = (
            options.get("desiredStartSequenceNumber", 0),
            options.get("minMessageCount", 1),
        )
        found = stream.messages[first : first + options.get("maxMessageCount", least)]
        if len(found) < least:
            raise Refused(NOT_ENOUGH, "there are not enough messages")
        name, now_ms = asked["streamName"], int(time.time() * 1000)
        return {
            "messages": [
                {"streamName": name, "sequenceNumber": n, "ingestTime": now_ms, "payload": payload}
                for n, payload in enumerate(found, first)
            ]
        }

    async def enough(self, asked: dict[str, Any]) -> None:
        """Return when a read finds what it asks for, or its time is over."""
        stream, options = (
            self.streams.get(asked["streamName"]),
            asked.get("readMessagesOptions") or {},
        )
        end = options.get("desiredStartSequenceNumber", 0) + options.get("minMessageCount", 1)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(options.get("readTimeoutMillis", 0) / 1000):
                while stream and len(stream.messages) < end:
                    stream.grown.clear()
                    await stream.grown.wait()

    def _describe(self, asked: dict[str, Any]) -> dict[str, Any]:
        stream = self._of(asked)
        storage = {
            "oldestSequenceNumber": 0,
            "newestSequenceNumber": len(stream.messages) - 1,
            "totalBytes": sum(map(len, stream.messages)),
        }
        info = {"definition": stream.definition, "storageStatus": storage, "exportStatuses": []}
        return {"messageStreamInfo": info}

    def answer(self, operation: int, asked: dict[str, Any]) -> bytes:
        """The frame that answers a request."""
        values = {"requestId": asked["requestId"], "status": OK, "errorMessage": ""}
        try:
            values |= self._does[operation](asked)
        except Refused as refused:
            values |= {"status": refused.status, "errorMessage": str(refused)}
        except Exception as error:
            values |= {"status": UNKNOWN_FAILURE, "errorMessage": repr(error)}
        body = cbor2.dumps(values)
        return struct.pack(">ib", len(body) + 1, ANSWERS.get(operation, 16)) + body

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        greeting = await reader.read(1)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while greeting:
                length, operation = struct.unpack(">ib", await reader.readexactly(5))
                asked = cbor2.loads(await reader.readexactly(length - 1))
                if operation == READ:
                    await self.enough(asked)
                hello = greeting if operation == CONNECT else b""
                writer.write(hello + self.answer(operation, asked))
                await writer.drain()
        writer.close()


async def main() -> None:
    """Serve until told to end."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    server = Server()
    async with await asyncio.start_server(server.talk, "127.0.0.1", PORT):
        print(f"listens on {PORT}", flush=True)
        await ended.wait()
    # Threads that wait for a silent cloud must not keep the process.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
