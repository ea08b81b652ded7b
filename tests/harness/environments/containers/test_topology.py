"""What each container is told, and what is published of it."""

from dataclasses import replace
from pathlib import Path

from harness.environments.containers import topology
from harness.environments.containers.firewall import rules
from harness.environments.containers.topology import LINK, UPLINK_TAP, stage
from harness.environments.site.site import SERVICES, Site


def core_of(site: Site, **more: object) -> topology.Recipe:
    return topology.core(site, "core:1", beside="abc", user=(1000, 100), page={}, **more)  # type: ignore[arg-type]


def test_each_stage_of_the_way_has_a_port_for_every_service_and_no_port_twice() -> None:
    stages = [stage(first) for first in (UPLINK_TAP, LINK, topology.CLOUD_TAP)]
    assert all(list(each) == list(SERVICES) for each in stages)
    ports = [port for each in stages for port in each.values()]
    assert len(set(ports)) == len(ports)


def test_the_edge_tap_publishes_all_that_is_reached_of_the_edge_but_the_page(site: Site) -> None:
    tap = topology.edge_tap(site, "harness:1", "1000:100")
    published = {8088: 41002, 8180: 43000, 8181: 43001}
    links = {port: site.links[service].uplink_tap for service, port in stage(UPLINK_TAP).items()}
    assert tap.ports == {**published, **links}
    assert (tap.network, tap.host) == ("edge", "greengrass")


def test_ways_lead_to_toxiproxy_and_nowhere_else(site: Site) -> None:
    command = list(topology.edge_tap(site, "harness:1", "1000:100").command)
    ways = [command[at + 1] for at, word in enumerate(command) if word == "--uplink"]
    assert ways[0] == "kinesis=4101:toxiproxy:4201"
    assert len(ways) == len(SERVICES)


def test_the_core_shares_the_tap_s_address_and_speaks_to_the_cloud_at_the_uplink_tap(
    site: Site,
) -> None:
    core = core_of(site)
    assert core.network == ""
    assert core.settings["network_mode"] == "container:abc"
    assert core.environment["AWS_ENDPOINT_URL_KINESIS"] == "http://127.0.0.1:4101"
    assert (core.environment["GG_UID"], core.environment["GG_GID"]) == ("1000", "100")


def test_a_command_in_the_place_of_the_stream_manager_finds_its_files_where_they_are_here(
    site: Site,
) -> None:
    place = Path("/home/somebody/project")
    core = core_of(site, stream_manager="python my_server.py", place=place)
    assert core.mounts[place] == str(place)
    assert core.settings["working_dir"] == str(place)
    assert list(core.command)[-2:] == ["--stream-manager", "python my_server.py"]


def test_functions_of_somebody_else_listen_where_their_site_file_says(site: Site) -> None:
    own = replace(site, ports={"api": 9000, "page": 9001})
    assert topology.function_ports(own) == {"api": 9000}


def test_what_docker_calls_a_part_is_small_and_says_whose_it_is(site: Site) -> None:
    assert topology.name_of(site.name, "core") == "stream-chaos-20261125t101500-3fa2c1-core"


def test_a_rule_drops_both_directions_between_the_edge_and_one_link() -> None:
    words = [" ".join(rule[:5]) for rule in rules(["kinesis", "s3"])]
    ports = stage(LINK)
    assert words == [
        f"OUTPUT -p tcp --dport {ports['kinesis']}",
        f"INPUT -p tcp --sport {ports['kinesis']}",
        f"OUTPUT -p tcp --dport {ports['s3']}",
        f"INPUT -p tcp --sport {ports['s3']}",
    ]
