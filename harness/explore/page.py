"""`explore.html`: one page that makes no request to anywhere."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup
from matplotlib.axes import Axes

from harness.report.canvas import COLOURS, drawn
from harness.report.page import environment, show

PAGE = "explore.html"


def page(document: dict[str, Any]) -> str:
    """The page of an exploration.

    Args:
        document: content of its `explore.json`.
    """
    template = environment().get_template("explore.html.j2")
    picture = Markup(_curve(document["curve"])) if document["curve"] else ""
    speed = document["virtual_s"] / document["wall_s"] if document["wall_s"] else 0
    return template.render(found=document, picture=picture, show=show, speed=speed)


def _curve(points: Sequence[Sequence[int]]) -> str:
    """States reached over scenarios."""

    def draw(panels: Sequence[Axes]) -> None:
        axes = panels[0]
        axes.plot([x for x, _ in points], [y for _, y in points], color=COLOURS[0], marker=".")
        axes.set_xlim(0, max(points[-1][0], 2))
        axes.set_ylim(0, None)
        axes.set_xlabel("scenarios")
        axes.set_ylabel("different states")

    return drawn("states", [2.8], draw)
