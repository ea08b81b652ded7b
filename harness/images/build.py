"""Builds one image from its recipe."""

import os
import time
from pathlib import Path

from harness.environments.errors import EnvironmentUnavailable
from harness.images.bases import BaseImage, Bases, look
from harness.images.engine import Engine, EngineRefused
from harness.images.image import LABEL, PREFIX
from harness.images.places import authorities
from harness.images.recipe import Recipe
from harness.tools.cache import Progress

# Where a build finds packages, if not where everybody does.
PASSED_ON = (
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("PIP_INDEX_URL", "UV_DEFAULT_INDEX"),
)
LINES_TOLD = 6
BASE_LABEL = f"{PREFIX}.base"


def build(engine: Engine, recipe: Recipe, bases: Bases, progress: Progress) -> BaseImage:
    """An image, built if it is not here; what it needs is got first.

    Raises:
        EnvironmentUnavailable: it cannot be built, or something that it needs cannot be had.
    """
    # Tools before bases: a base may take a minute, and others wait for it beside us.
    tools = {name: tool.get(progress) for name, tool in recipe.tools.items()}
    got = {base: bases.ensure(base, progress) for base in recipe.bases.values()}
    reference = recipe.reference({base: image.id for base, image in got.items()})
    if (found := look(engine, reference)) is not None:
        return found
    progress(f"{recipe.name}: building {reference}")
    began = time.monotonic()
    arguments = {argument: got[base].reference for argument, base in recipe.bases.items()}
    labels = {LABEL: recipe.name, BASE_LABEL: bases.kind.value}
    _build(engine, recipe, tools, arguments, labels, reference)
    progress(f"{recipe.name}: built in {time.monotonic() - began:.0f} s")
    built = look(engine, reference)
    assert built is not None, "it was built just now"
    return built


def _build(
    engine: Engine,
    recipe: Recipe,
    tools: dict[str, Path],
    arguments: dict[str, str],
    labels: dict[str, str],
    reference: str,
) -> None:
    said: list[str] = []
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    with recipe.context(tools, authorities()) as context:
        try:
            engine.build(
                context,
                dockerfile=recipe.dockerfile,
                target=recipe.target,
                arguments={**passed_on, **arguments},
                reference=reference,
                labels=labels,
                said=said.append,
            )
        except EngineRefused as refused:
            told = "\n".join(f"  {line}" for line in said[-LINES_TOLD:])
            raise EnvironmentUnavailable(
                f"The image {recipe.name} cannot be built: {refused.reason}",
                f"The builder's last lines:\n{told}" if told else "",
            ) from refused
