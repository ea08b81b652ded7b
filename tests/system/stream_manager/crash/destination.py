"""Where exports go: over HTTP, or onto the server's own output. Every batch is remembered, in the order of arrival."""

import base64
import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

import requests

from harness.waiting import wait_until

SETTLE_S = 20.0


def _exporter(stream):
    return {"identifier": "e", "batchSize": stream.batch_size}


class Printed:
    """What servers print, each from the beginning of its output; a line that is not whole was never delivered.

    Attributes:
        batches: (stream, [(sequence number, payload)]).
    """

    def __init__(self, server):
        self.batches = []
        self._server = server
        self._lines = 0

    def exporters(self, stream):
        """What a stream's definition says of its exports."""
        return {"kinesis": [{**_exporter(stream), "kinesisStreamName": stream.name}]}

    def look(self):
        """Take what was printed since."""
        lines = self._server.output().splitlines(keepends=True)
        for line in lines[self._lines :]:
            if line.endswith("\n"):
                self._lines += 1
                self._take(line)

    def _take(self, line):
        printed = json.loads(line) if line.startswith('{"event": "batch"') else None
        if printed:
            messages = [
                (each["sequenceNumber"], each["text"].encode()) for each in printed["messages"]
            ]
            self.batches.append((printed["stream"], messages))

    def settle(self):
        """Take the last words of a killed server; the next one begins a new output."""
        self.look()
        self._lines = 0

    def close(self):
        """Nothing is held."""


class Posted(ThreadingHTTPServer):
    """Takes batches over HTTP and outlives the servers.

    It refuses a part of them, as the dice fall; a refused one is not remembered.

    Attributes:
        batches: (stream, [(sequence number, payload)]).
    """

    daemon_threads = False

    def __init__(self, seed, refused_share=0.05):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.batches = []
        self.lock = threading.Lock()
        self.busy = 0
        self._dice = Random(seed)
        self._refused_share = refused_share
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def _uri(self):
        return f"http://127.0.0.1:{self.server_port}"

    def exporters(self, stream):
        """What a stream's definition says of its exports."""
        uri = f"{self._uri}/{stream.name}"
        return {"http": [{**_exporter(stream), "uri": uri, "exportFormat": 1}]}

    def take(self, stream, messages):
        """Remember a batch; False: it is refused."""
        with self.lock:
            if self._dice.random() < self._refused_share:
                return False
            self.batches.append((stream, messages))
            return True

    def look(self):
        """Nothing to do: batches come by themselves."""

    def settle(self):
        """Return when everything that a killed server still sent was taken."""
        # Connections are accepted in their order: behind this one nothing of the dead server waits.
        requests.get(self._uri, timeout=SETTLE_S)
        wait_until(lambda: not self.busy, seconds=SETTLE_S, what="the batches of a dead server")

    def process_request(self, request, client_address):
        """Count it before its thread begins."""
        with self.lock:
            self.busy += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request, client_address):
        """Serve one connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self.lock:
                self.busy -= 1

    def handle_error(self, request, client_address):
        """A server that was killed in the middle of a request is no error here."""

    def close(self):
        """Stop."""
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    timeout = SETTLE_S

    def do_POST(self):
        size = int(self.headers["Content-Length"])
        body = self.rfile.read(size)
        # The last words of a server that was killed while it spoke.
        if len(body) == size:
            messages = [
                (each["sequenceNumber"], base64.b64decode(each["payload"]))
                for each in json.loads(body)
            ]
            self._answer(200 if self.server.take(self.path[1:], messages) else 503)

    def do_GET(self):
        self._answer(200)

    def _answer(self, status):
        with suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *arguments):
        pass
