"""The control server: health, and the switch of the recording."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ControlServer:
    def __init__(self, recorder, port):
        class Control(BaseHTTPRequestHandler):
            def do_GET(self):
                self._answer(200 if self.path == "/health" else 404)

            def do_POST(self):
                if self.path == "/recording/on":
                    recorder.recording.set()
                elif self.path == "/recording/off":
                    recorder.recording.clear()
                else:
                    return self._answer(404)
                return self._answer(204)

            def _answer(self, status):
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("0.0.0.0", port), Control)

    def start(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
