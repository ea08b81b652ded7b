"""A series of outages that a connectivity preset describes becomes drafts of moments.

Outages follow one another until the run is over; the last one ends with it. How slow and how narrow the link is changes
at planned moments. Time is scaled, latency and bandwidth are not.
"""

from collections.abc import Iterator
from random import Random

from harness.fault.bandwidth import Bandwidth
from harness.fault.latency import Latency
from harness.fault.registry import Fault
from harness.plan.drafts import Draft
from harness.plan.parts import PresetUse
from harness.plan.sampling import between, drawn_ms
from harness.plan.series import length_ms, mode_of
from harness.scenario.distributions import Bandwidths, Durations, Latencies
from harness.scenario.faults import cut
from harness.scenario.outages import Outages
from harness.scenario.preset import Preset, Scaled
from harness.scenario.quantities import Span

DOWN_MS_MIN, UP_MS_MIN = 500, 1_000
"""Shorter ones would be over before their commands are: scaling stops here."""
LEVEL_MS_MIN = 5_000
OUTAGES_MAX = 1000
KILOBYTE = 1000


def preset_of(series: Outages, name: str, seed: int) -> Preset:
    """The preset of a series; where it may be any, the one that the seed draws."""
    presets: list[Preset] = sorted(series.presets, key=lambda each: str(each.preset))
    return presets[int(Random(f"{seed}/{name}/preset").random() * len(presets))]


def use_of(series: Outages, preset: Preset, *, place: str, name: str) -> PresetUse:
    """What is told of a preset that a series took."""
    return PresetUse(
        series=place,
        name=name,
        preset=preset.preset,
        scale=scale_of(series, preset),
        description=preset.description,
        sources=tuple(f"{each.basis}: {each.says} ({each.where})" for each in preset.sources),
    )


def scale_of(series: Outages, preset: Preset) -> int:
    """How many times as fast time goes."""
    return preset.scale if series.scale is None else series.scale


class Weather:
    """The drafts of one series.

    Args:
        name: of the series, which its moments carry.
        place: in the scenario.
        begins_ms, ends_ms: nothing happens before or after.
        seed: of the run. Lengths, latency and bandwidth have a generator each: one of them more changes no other.
    """

    def __init__(
        self,
        series: Outages,
        preset: Preset,
        *,
        name: str,
        place: str,
        begins_ms: int,
        ends_ms: int,
        seed: int,
    ) -> None:
        self._series, self._preset = series, preset
        self._name, self._place = name, place
        self._begins_ms, self._ends_ms = begins_ms, ends_ms
        self._seed = seed
        self._scale = scale_of(series, preset)

    def drafts(self) -> Iterator[Draft]:
        """All of them."""
        yield from self._outages()
        if not self._series.only_outages:
            yield from self._levels("latency", self._preset.latency, self._series.latency_ms)
            yield from self._levels("bandwidth", self._preset.bandwidth, self._series.bandwidth)

    def _outages(self) -> Iterator[Draft]:
        draw = Random(f"{self._seed}/{self._name}")
        at_ms = self._begins_ms
        for number in range(self._series.count or OUTAGES_MAX):
            # All three are drawn for every outage, so that one mode more does not change the lengths.
            down_ms = max(DOWN_MS_MIN, self._down_ms(draw))
            up_ms = max(
                UP_MS_MIN, self._length(draw, self._series.up, self._preset.up, self._scale)
            )
            mode = mode_of(draw, self._series.mode or self._preset.mode)
            left_ms = self._ends_ms - at_ms
            if left_ms < DOWN_MS_MIN:
                return
            yield self._draft(
                f"{self._name}.{number + 1}",
                f"{self._place}[{number}]",
                at_ms,
                cut(mode, self._series.cut),
                min(down_ms, left_ms),
            )
            at_ms += down_ms + up_ms

    def _down_ms(self, draw: Random) -> int:
        scale = self._scale if self._preset.scaled is Scaled.BOTH else 1
        return self._length(draw, self._series.down, self._preset.down, scale)

    @staticmethod
    def _length(draw: Random, given: Span | None, preset: Durations, scale: int) -> int:
        """A length: what the scenario gives is meant as it stands, what the preset says is scaled."""
        if given is not None:
            return length_ms(draw, given)
        return round(drawn_ms(draw, preset.distribution) / scale)

    def _levels(
        self, what: str, levels: Latencies | Bandwidths | None, fixed: int | None
    ) -> Iterator[Draft]:
        lasts_ms = self._ends_ms - self._begins_ms
        if fixed is not None:
            yield self._level(what, 1, self._begins_ms, lasts_ms, fixed)
        elif levels is not None:
            points = levels.points
            every_ms = max(LEVEL_MS_MIN, round(levels.every_ms / self._scale))
            every_ms = every_ms if len(points) > 1 else lasts_ms
            draw = Random(f"{self._seed}/{self._name}/{what}")
            for number, at_ms in enumerate(range(self._begins_ms, self._ends_ms, every_ms)):
                value = round(between(points, draw.random()))
                until_ms = min(at_ms + every_ms, self._ends_ms)
                yield self._level(what, number + 1, at_ms, until_ms - at_ms, value)

    def _level(self, what: str, number: int, at_ms: int, lasts_ms: int, value: int) -> Draft:
        links = self._series.cut
        fault: Fault = (
            Latency(services=links, latency_ms=value)
            if what == "latency"
            else Bandwidth(services=links, bytes_per_second=max(KILOBYTE, value))
        )
        name, place = f"{self._name}.{what}.{number}", f"{self._place}.{what}[{number - 1}]"
        return self._draft(name, place, at_ms, fault, lasts_ms)

    @staticmethod
    def _draft(name: str, step: str, at_ms: int, fault: Fault, lasts_ms: int) -> Draft:
        return Draft(
            name=name,
            step=step,
            planned_ms=at_ms,
            trigger=None,
            fault=fault,
            duration_ms=lasts_ms,
        )
