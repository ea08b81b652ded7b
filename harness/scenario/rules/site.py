"""Rules about the settings of the site: what its parts would refuse, or what somebody else sets."""

from collections.abc import Iterator, Mapping

from harness.scenario.model import Scenario
from harness.scenario.names import DEFAULT_KINESIS_STREAM, NUMBERS, RESERVED, number_of
from harness.scenario.problems import Severity
from harness.scenario.rules.finding import Finding, Rule

RECORD_OVERHEAD_BYTES = 64
"""What a record may need besides its payload, with any server."""


def _variables(scenario: Scenario) -> Mapping[str, Mapping[str, str]]:
    site = scenario.site
    return {
        "sensor_source": site.sensor_source,
        "stream_producer": site.stream_producer,
        "stream_aggregator": site.stream_aggregator,
        "stream_manager": site.stream_manager,
    }


def _nobody_else_sets_it(scenario: Scenario) -> Iterator[Finding]:
    for part, variables in _variables(scenario).items():
        for name in variables:
            owner = RESERVED[part].get(name)
            if owner is not None:
                yield Finding(("site", part, name), f"is set by {owner}; remove it here")


def _numbers(scenario: Scenario) -> Iterator[Finding]:
    for part, limits in NUMBERS.items():
        variables = _variables(scenario)[part]
        for name, (least, most) in limits.items():
            if name in variables and not least <= number_of(variables, name) <= most:
                text = f"{variables[name]!r} is no whole number from {least} to {most}; write one"
                yield Finding(("site", part, name), text)


def _sizes(scenario: Scenario) -> Iterator[Finding]:
    producer = scenario.site.stream_producer
    most, segment = (
        number_of(producer, name) for name in ("LOCAL_STREAM_MAX_SIZE", "LOCAL_STREAM_SEGMENT_SIZE")
    )
    path = ("site", "stream_producer")
    if 0 <= most < segment:
        text = f"the stream ({most} bytes) is smaller than one of its segments ({segment} bytes)"
        yield Finding(
            (*path, "LOCAL_STREAM_MAX_SIZE"), f"{text}; make LOCAL_STREAM_SEGMENT_SIZE smaller"
        )
    reading = scenario.workload.reading_bytes + RECORD_OVERHEAD_BYTES
    if 0 <= segment < reading:
        text = f"a reading with its record ({reading} bytes) does not fit into a segment ({segment} bytes)"
        yield Finding(("workload", "reading_size"), f"{text}; make the readings smaller")


def _kinesis_stream_is_there(scenario: Scenario) -> Iterator[Finding]:
    site = scenario.site
    wanted = site.stream_producer.get("RAW_KINESIS_STREAM")
    provided = {DEFAULT_KINESIS_STREAM, *site.kinesis_streams}
    if wanted and wanted not in provided:
        text = f"no Kinesis stream {wanted} is provided; add it to site.kinesis_streams"
        yield Finding(("site", "stream_producer", "RAW_KINESIS_STREAM"), text)


def _ports_differ(scenario: Scenario) -> Iterator[Finding]:
    seen: dict[int, str] = {}
    for name, port in scenario.site.ports:
        if port and port in seen:
            text = f"{port} is the port of {seen[port]} already; take another, or 0 for a free one"
            yield Finding(("site", "ports", name), text)
        seen.setdefault(port, name)


def _backoff_is_short(scenario: Scenario) -> Iterator[Finding]:
    name = "STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS"
    backoff_ms = number_of(scenario.site.stream_manager_variables, name)
    cuts = scenario.outages or any(step.cut for step in scenario.steps)
    if cuts and backoff_ms > scenario.workload.run_for_ms:
        text = (
            f"after an outage an exporter may wait {backoff_ms // 1000} s before it tries again, longer than the run; "
            f"set {name}, to 5000 for example"
        )
        yield Finding(("site", "stream_manager"), text, Severity.WARNING)


RULES = (
    Rule(needs=("site",), check=_nobody_else_sets_it),
    Rule(needs=("site",), check=_numbers),
    Rule(needs=("site", "workload"), check=_sizes),
    Rule(needs=("site",), check=_kinesis_stream_is_there),
    Rule(needs=("site",), check=_ports_differ),
    Rule(needs=("site", "workload", "steps", "outages"), check=_backoff_is_short),
)
