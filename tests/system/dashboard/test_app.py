"""The page itself: served whole by its own server, live in a real browser."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from werkzeug.serving import make_server

from harness.browser.look import look_at
from system.dashboard.app import create_app, events
from system.dashboard.feed import Feed

NULLS: dict[str, object] = {"avg_temperature": None, "avg_hertz": None, "timestamp": None}


def aggregate(timestamp: float, *sensors: str) -> dict[str, object]:
    values = {
        name: {"timestamp": timestamp, "avg_temperature": 80 + timestamp % 7, "avg_hertz": 1000.0}
        for name in sensors
    }
    return {**NULLS, "sensors": values}


@contextmanager
def served(feed: Feed) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(feed, 0.1), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_first_event_comes_at_once_and_is_sensible_before_the_first_value() -> None:
    first = next(events(Feed(lambda: NULLS), 60))
    assert json.loads(first.removeprefix("data: ")) == {"points": [], "problem": ""}


def test_the_page_loads_nothing_from_anywhere_else() -> None:
    client = create_app(Feed(lambda: NULLS)).test_client()
    page = client.get("/").text
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert [source for source in sources if not source.startswith(("/static/", "data:"))] == []
    for source in sources:
        if source.startswith("/static/"):
            with client.get(source) as response:
                assert response.status_code == 200, source


@pytest.mark.browser
def test_the_page_waits_then_draws_one_line_per_sensor_without_a_reload(
    browser: webdriver.Chrome,
) -> None:
    feed = Feed(lambda: NULLS)
    with served(feed) as url:
        feed.poll()
        browser.get(url)
        state = browser.find_element(By.ID, "state")
        assert state.text == "Waiting for the first aggregate."
        feed.fetch = lambda: aggregate(1_700_000_000.0, "sensor-1", "sensor-2")
        feed.poll()
        wait = WebDriverWait(browser, 20)
        wait.until(lambda _: state.text == "Live: 2 sensors")
        before = browser.find_element(By.CSS_SELECTOR, "#newest tbody").text
        feed.fetch = lambda: aggregate(1_700_000_005.0, "sensor-1", "sensor-2")
        feed.poll()
        wait.until(lambda _: browser.find_element(By.CSS_SELECTOR, "#newest tbody").text != before)
        assert len(browser.find_elements(By.CSS_SELECTOR, "#temperature .u-series")) == 3
        assert browser.get_log("browser") == []
        browser.get("about:blank")


@pytest.mark.browser
def test_whoever_takes_a_picture_of_the_page_knows_what_it_shows(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    now = count(1_700_000_000)
    feed = Feed(lambda: aggregate(next(now), "sensor-1", "sensor-2"))
    ended = threading.Event()
    asking = threading.Thread(target=feed.run, args=(0.2, ended))
    with served(feed) as url:
        asking.start()
        look = look_at(browser, url, tmp_path / "page.png", seconds=20)
        ended.set()
        asking.join()
        browser.get("about:blank")
    assert (look.says, look.aggregates, look.renewed) == ("Live: 2 sensors", 2, True)
