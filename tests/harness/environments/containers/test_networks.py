"""The core reaches the cloud through Toxiproxy and in no other way: every other one is tried from where it is."""

import json

import pytest

from harness.environments.containers.environment import ContainersEnvironment
from harness.environments.containers.topology import LINK, name_of, stage
from harness.environments.site.marked_containers import engine

pytestmark = pytest.mark.docker

TRIED = """
import json, socket, sys
found = {}
for place in sys.argv[1:]:
    host, _, port = place.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), 2) as connection:
            connection.sendall(b"GET /_localstack/health HTTP/1.0\\r\\nHost: cloud\\r\\n\\r\\n")
            found[place] = connection.recv(12).decode().split()[1]
    except OSError as error:
        found[place] = type(error).__name__
print(json.dumps(found))
"""


def tried(environment: ContainersEnvironment, *places: str) -> dict[str, str]:
    """What comes of a request to each place, asked by the core's container."""
    assert environment.core is not None
    status, output = environment.core.part.run(["python", "-c", TRIED, *places])
    assert status == 0, output
    answers: dict[str, str] = json.loads(output)
    return answers


def addresses(environment: ContainersEnvironment) -> dict[str, str]:
    """The cloud's own address, and those of this machine in both networks."""
    name = environment.site.name
    with engine() as client:
        networks = {part: client.networks.get(name_of(name, part)) for part in ("edge", "cloud")}
        cloud = client.containers.get(name_of(name, "localstack"))
        found = cloud.attrs["NetworkSettings"]["Networks"][name_of(name, "cloud")]
        gateways = {
            part: each.attrs["IPAM"]["Config"][0]["Gateway"] for part, each in networks.items()
        }
    return {"cloud": found["IPAddress"], **{f"{part} gateway": gateways[part] for part in gateways}}


def test_the_way_through_toxiproxy_leads_to_the_cloud(environment: ContainersEnvironment) -> None:
    place = f"toxiproxy:{stage(LINK)['s3']}"
    assert tried(environment, place) == {place: "200"}


def test_no_other_way_does(environment: ContainersEnvironment) -> None:
    where = addresses(environment)
    site = environment.site
    others = [
        f"{where['cloud']}:4566",
        "localstack:4566",
        "cloud-tap:4301",
        *(f"{where[f'{part} gateway']}:{site.cloud}" for part in ("edge", "cloud")),
        *(f"{where[f'{part} gateway']}:4566" for part in ("edge", "cloud")),
        f"127.0.0.1:{site.cloud}",
    ]
    answers = tried(environment, *others)
    assert set(answers) == set(others)
    assert not [place for place, answer in answers.items() if answer.isdecimal()], answers


def test_a_link_that_is_down_leaves_no_way_at_all(environment: ContainersEnvironment) -> None:
    place = f"toxiproxy:{stage(LINK)['s3']}"
    assert environment.links is not None
    with environment.links.down(["s3"]):
        assert tried(environment, place) == {place: "ConnectionRefusedError"}
    assert tried(environment, place) == {place: "200"}


def test_everything_of_a_site_is_reached_on_the_loopback_only(
    environment: ContainersEnvironment,
) -> None:
    prefix = name_of(environment.site.name, "")
    with engine() as client:
        bindings = {
            binding["HostIp"]
            for each in client.containers.list()
            if each.name.startswith(prefix)
            for ports in each.attrs["HostConfig"]["PortBindings"].values()
            for binding in ports or ()
        }
    assert bindings == {"127.0.0.1"}
