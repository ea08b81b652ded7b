"""A destination over HTTP that outlives the servers and remembers every batch, in the order of arrival."""

import base64
import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

import requests

from harness.waiting import wait_until

SETTLE_S = 20.0


class Destination(ThreadingHTTPServer):
    """Refuses a part of the batches, as the dice fall; a refused one is not remembered.

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
    def uri(self):
        """Below this, a stream's name."""
        return f"http://127.0.0.1:{self.server_port}"

    def take(self, stream, messages):
        """Remember a batch; False: it is refused."""
        with self.lock:
            if self._dice.random() < self._refused_share:
                return False
            self.batches.append((stream, messages))
            return True

    def settle(self):
        """Return when everything that a killed server still sent was taken."""
        # Connections are accepted in their order: behind this one nothing of the dead server waits.
        requests.get(self.uri, timeout=SETTLE_S)
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
