"""What is seen of a page, and the picture that is taken of it, in a real browser."""

import json
import socket
from pathlib import Path
from urllib.parse import quote

import pytest
from selenium.webdriver import Chrome

from harness.browser.__main__ import UNSEEN, main
from harness.browser.look import Look, look_at

SIGNATURE = b"\x89PNG\r\n\x1a\n"

# A page as ours: it waits, says that it is live, and draws its rows anew.
LIVE = """
<p id="state">Waiting.</p><table id="newest"><tbody></tbody></table>
<script>
  let drawn = 0;
  setInterval(() => {
    drawn += 1;
    state.textContent = "Live: 2 sensors"; state.className = "live";
    document.querySelector("#newest tbody").innerHTML = "<tr><td>1<td>" + drawn + "<tr><td>2<td>0";
  }, 300);
</script>
"""
WAITING = '<p id="state">Waiting.</p><table id="newest"><tbody></tbody></table>'
STALE = '<p id="state" class="live">Live: 1 sensor</p><table id="newest"><tbody><tr><td>1</table>'
SOMEBODY_S = '<h1>Their page</h1><div style="height: 2000px"></div>'

pytestmark = pytest.mark.browser


def page(html: str) -> str:
    return f"data:text/html,{quote('<!doctype html>' + html)}"


def size_of(picture: Path) -> tuple[int, int]:
    """Width and height that a PNG says it has."""
    content = picture.read_bytes()
    assert content.startswith(SIGNATURE)
    return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])


@pytest.mark.parametrize(
    ("html", "seconds", "seen"),
    [
        (LIVE, 30, ("Live: 2 sensors", 2, True)),
        (WAITING, 0.5, ("Waiting.", 0, False)),
        (STALE, 0.5, ("Live: 1 sensor", 1, False)),
        (SOMEBODY_S, 30, ("", None, False)),
    ],
    ids=["live", "waiting", "stale", "somebody's"],
)
def test_it_is_told_what_the_page_shows_and_whether_that_is_renewed(
    browser: Chrome, tmp_path: Path, html: str, seconds: float, seen: tuple[str, int, bool]
) -> None:
    picture = tmp_path / "page.png"
    look = look_at(browser, page(html), picture, seconds=seconds)
    assert (look.says, look.aggregates, look.renewed) == seen
    assert look.browser.startswith("chrome")
    assert size_of(picture)[0] >= 900


def test_the_picture_has_all_of_the_page(browser: Chrome, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    look_at(browser, page(SOMEBODY_S), picture, seconds=1)
    assert size_of(picture)[1] >= 2000


@pytest.mark.usefixtures("chromium")
def test_the_program_tells_what_it_saw_in_its_last_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "page.png"
    log = tmp_path / "driver.log"
    options = ["--scratch", str(tmp_path), "--driver-log", str(log)]
    assert main([page(LIVE), str(picture), *options]) == 0
    look = Look(**json.loads(capsys.readouterr().out.splitlines()[-1]))
    assert (look.aggregates, look.renewed) == (2, True)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["driver.log", "page.png"]
    assert "ChromeDriver was started successfully" in log.read_text()


@pytest.mark.usefixtures("chromium")
@pytest.mark.parametrize(
    ("port", "why"), [(1, "cannot be loaded"), (None, "ERR_CONNECTION_REFUSED")]
)
def test_a_page_that_cannot_be_had_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], port: int | None, why: str
) -> None:
    with socket.socket() as bound:
        # It is held, and nobody listens on it.
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{port or bound.getsockname()[1]}/"
        picture = tmp_path / "page.png"
        assert main([url, str(picture), "--scratch", str(tmp_path)]) == UNSEEN
    assert why in capsys.readouterr().out.splitlines()[-1]
    assert not picture.exists()
