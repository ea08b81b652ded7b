"""The Flask application: `/` the page, `/chart-data` server-sent events, scripts and styles from `/static`."""

import json
from collections.abc import Iterator
from itertools import count

from flask import Flask, Response, render_template

from system.dashboard.feed import Feed

EVENT_INTERVAL_S = 5.0


def events(feed: Feed, interval_s: float) -> Iterator[str]:
    """One event at once, with everything known so far, then one for each poll, at least every `interval_s`."""
    seen = 0
    for _ in count():
        seen, points = feed.since(seen)
        body = {"points": [point.as_json() for point in points], "problem": feed.problem}
        yield f"data: {json.dumps(body)}\n\n"
        feed.wait(interval_s)


def create_app(feed: Feed, interval_s: float = EVENT_INTERVAL_S) -> Flask:
    """The page over `feed`."""
    app = Flask(__name__)

    @app.get("/")
    def index() -> str:
        return render_template("index.html")

    @app.get("/chart-data")
    def chart_data() -> Response:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return Response(events(feed, interval_s), mimetype="text/event-stream", headers=headers)

    return app
