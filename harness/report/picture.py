"""The picture of the site's page in the report, and what stands below it."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from markupsafe import Markup

from harness.history.lines import Line, at_ms
from harness.report.artefacts import Recorded

_WITHOUT_HISTORY = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePicture:
    """What a report shows of the page.

    Attributes:
        source: the picture as a `data:` address; empty where there is none.
        caption: what is seen on it and when it was taken, or why there is none.
    """

    source: Markup
    caption: str


def page_picture(recorded: Recorded) -> PagePicture | None:
    """The picture that was taken in a run; None where nobody meant to take one."""
    look = recorded.history.page
    if look is None:
        return None
    if not recorded.picture:
        why = str(look.get("problem") or f"{look.get('picture')} is not beside this page")
        return PagePicture(source=Markup(""), caption=f"There is no picture: {why}")
    encoded = base64.b64encode(recorded.picture).decode()
    return PagePicture(
        source=Markup("data:image/png;base64,") + encoded, caption=_caption(recorded, look)
    )


def _caption(recorded: Recorded, look: Line) -> str:
    since_s = recorded.since_first_reading_s(at_ms(look))
    origin_ms = float(recorded.history.run.get("origin_wall_ms") or 0)
    moment = _WITHOUT_HISTORY + timedelta(milliseconds=origin_ms + at_ms(look))
    taken = f"Taken at {moment:%Y-%m-%d %H:%M:%S} UTC, {since_s:.1f} s after the first reading"
    return f"{_seen(look)} {taken}, of {look.get('url')} in {look.get('browser')} without a window."


def _seen(look: Line) -> str:
    aggregates = look.get("aggregates")
    if aggregates is None:
        return "The page of the site, once everything owed had arrived."
    word = "aggregate" if aggregates == 1 else "aggregates"
    newer = "newer ones came" if look.get("renewed") else "no newer ones came"
    return (
        f'The page of the site, once everything owed had arrived. It says "{look.get("says")}" and shows the newest'
        f" {word} of {aggregates} {'sensor' if aggregates == 1 else 'sensors'}; {newer} while it was watched."
    )
