"""`stream-chaos status`: backlog, links and rates of a standing site."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import click

from harness.commands.standing_site import Following, chosen_site, links_of, site_option
from harness.environments.site.links import Links
from harness.environments.site.site import Site
from harness.run.observer import Observer

EPILOG = """\b
Examples:
  stream-chaos status
  stream-chaos status --json"""


@click.command("status", epilog=EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@site_option
def command(as_json: bool, name: str | None) -> None:
    """Show backlog, links and rates of a standing site.

    What is appended and delivered is told by the witnesses beside the stream manager, not by itself.
    """
    site = chosen_site(name)
    links = links_of(site)
    found = summary_of(site, links, Following(site).catch_up())
    click.echo(json.dumps(found) if as_json else "\n".join(_shown(found)))


def summary_of(site: Site, links: Links, observer: Observer) -> dict[str, Any]:
    """All that is shown."""
    held = {toxic.name for toxic in site.held}
    return {
        "format": 1,
        "site": site.name,
        "page": site.urls.get("page"),
        "links": {
            service: {
                "up": link["up"],
                "disturbed_by": [toxic for toxic in link["toxics"] if toxic not in held],
            }
            for service, link in links.state().items()
        },
        "latency_ms": site.latency_ms,
        "exporters": [
            {
                "stream": exporter.stream,
                "exporter": exporter.identifier,
                "service": exporter.service,
                "target": exporter.target,
                "backlog": observer.backlog(exporter),
                "delivered": exporter.arrivals,
            }
            for exporter in observer.exporters.values()
        ],
        "streams": {
            stream.name: {"appended": stream.appended, "evicted_segments": stream.evicted}
            for stream in observer.streams.values()
        },
        "rates_hz": {what: observer.rate_hz(what) for what in ("appended", "delivered")},
        "failed_requests": len(observer.failures),
    }


def _shown(found: Mapping[str, Any]) -> Iterator[str]:
    page = f", page {found['page']}" if found["page"] else ""
    yield f"site {found['site']}{page}"
    yield ""
    latency = f", {found['latency_ms']} ms held on each" if found["latency_ms"] else ""
    yield f"links{latency}; {found['failed_requests']} requests failed so far"
    for service, link in found["links"].items():
        yield f"  {service:14}{_link(link)}"
    yield ""
    width = max([len("exporter"), *(len(_named(each)) for each in found["exporters"])])
    yield f"{'exporter':{width}}  {'backlog':>9}  {'delivered':>9}  to"
    for each in found["exporters"]:
        to = f"{each['service']}/{each['target']}"
        yield f"{_named(each):{width}}  {each['backlog']:>9}  {each['delivered']:>9}  {to}"
    yield ""
    rates = found["rates_hz"]
    yield f"last 5 s: {rates['appended']:g}/s appended, {rates['delivered']:g}/s delivered"


def _named(exporter: Mapping[str, Any]) -> str:
    return f"{exporter['stream']}/{exporter['exporter']}"


def _link(link: Mapping[str, Any]) -> str:
    if not link["up"]:
        return "down, connections are refused"
    kinds = sorted({toxic.removeprefix("fault_").split("_")[0] for toxic in link["disturbed_by"]})
    words = {"timeout": "silent", "hold": "half-open", "latency": "slow", "bandwidth": "narrow"}
    return ", ".join(["up", *(words.get(kind, kind) for kind in kinds)])
