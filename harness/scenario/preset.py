"""A connectivity preset, as a value: how some kind of link fails and how narrow it is, and who says so."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import Field

from harness.scenario.distributions import Bandwidths, Durations, Latencies
from harness.scenario.outages import SpreadMode
from harness.scenario.part import Part
from harness.scenario.quantities import Scale

PRESET_PATTERN = r"^[a-z][a-z0-9_]{0,39}$"


class Basis(StrEnum):
    """How firmly a number stands."""

    MEASURED = "measured"
    QUOTED = "quoted"
    ASSUMED = "assumed"


class Scaled(StrEnum):
    """What a time scale is about."""

    BOTH = "both"
    UP = "up"


class Source(Part):
    """Where numbers of a preset come from."""

    basis: Basis = Field(
        description="`measured` from a public data set; `quoted` from a publication or vendor; `assumed` by us."
    )
    says: str = Field(min_length=1, description="What it says, with its numbers.")
    where: str = Field(min_length=1, description="The data set, publication or page.")


class Preset(Part):
    """A preset file: outages, and between them how slow and how narrow the link is."""

    preset: str = Field(
        pattern=PRESET_PATTERN, description="Its name; the file is called the same."
    )
    description: str = Field(min_length=1, description="What kind of link it is.")
    sources: tuple[Source, ...] = Field(min_length=1, description="Who says so.")
    licence: str = Field(
        min_length=1, description="Of the sources, and why it does not bind these numbers."
    )
    proves: str = Field(min_length=1, description="What a run with it can show.")
    down: Durations = Field(description="How long an outage lasts.")
    up: Durations = Field(description="How long the link is up between two outages.")
    mode: SpreadMode = Field(
        default=SpreadMode.SILENT,
        description="How the link is down: `refused`, `silent`, or `either` for the seed to choose for each.",
    )
    latency: Latencies | None = Field(default=None, description="How slow the link is.")
    bandwidth: Bandwidths | None = Field(default=None, description="How narrow the link is.")
    scale: Scale = Field(
        default=1,
        description="The time scale at which a test run shows what it is for, such as `1/60`; a scenario that names "
        "none gets this one.",
    )
    scaled: Scaled = Field(
        default=Scaled.BOTH,
        description="What the scale is about: `both` lengths, or `up` alone where outages are short anyhow.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPreset:
    """A sound preset.

    Attributes:
        file: where it was read.
    """

    file: Path
    preset: Preset
