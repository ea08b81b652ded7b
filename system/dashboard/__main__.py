"""`python -m system.dashboard`: serves the page.

Environment:
    PORT: port on 0.0.0.0 (default 5000).
    AGGREGATE_URL: the aggregator's API (default `http://greengrass:8181/api/v1/aggregate`, the core container).
    POLL_INTERVAL_S: how often the API is asked (default 5).
"""

import logging
import os
import signal
import sys
import threading

from werkzeug.serving import make_server

from system.dashboard.app import create_app
from system.dashboard.feed import Feed, http_fetch

DEFAULT_URL = "http://greengrass:8181/api/v1/aggregate"


def main() -> int:
    """Serve until SIGTERM. Exit status 2 for a bad setting, 1 for a port that cannot be had."""
    logging.basicConfig(level=logging.INFO, format="[%(asctime)s][%(levelname)s] %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    try:
        port = int(os.environ.get("PORT", "5000"))
        interval_s = float(os.environ.get("POLL_INTERVAL_S", "5"))
    except ValueError as error:
        print(f"dashboard: PORT and POLL_INTERVAL_S have to be numbers: {error}", file=sys.stderr)
        return 2
    feed = Feed(http_fetch(os.environ.get("AGGREGATE_URL", DEFAULT_URL)))
    try:
        server = make_server("0.0.0.0", port, create_app(feed, interval_s), threaded=True)
    except (OSError, SystemExit):
        print(f"dashboard: port {port} is taken; set PORT to another one", file=sys.stderr)
        return 1
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    threading.Thread(target=feed.run, args=(interval_s, stop), daemon=True).start()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    logging.info("The page is on http://127.0.0.1:%d/", server.server_port)
    stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
