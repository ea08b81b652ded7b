"""What only a site of containers has: networks that leave one way to the cloud, and a page in a container of its own.

Every other way is tried from where the core is.
"""

import json
import os
import re
import signal
from typing import Any

import pytest

from harness.environments.containers.environment import ContainersEnvironment
from harness.environments.containers.topology import LINK, name_of, stage
from harness.environments.protocol import ProbeName
from harness.environments.site.marked_containers import engine
from harness.environments.site.source import answers
from harness.fault.link_down import LinkDown
from harness.fault.process_kill import ProcessKill
from harness.fault.service import Service
from harness.fault.target import Target
from harness.waiting import wait_until

pytestmark = pytest.mark.docker

SEEN_S = 60.0

# The producer runs when there is something to append.
ALWAYS = set(Target) - {Target.STREAM_PRODUCER}

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
            for ports in (each.attrs["HostConfig"]["PortBindings"] or {}).values()
            for binding in ports or ()
        }
    assert bindings == {"127.0.0.1"}


# -- the managed container -----------------------------------------------------------------------


def page_of(environment: ContainersEnvironment) -> dict[str, Any]:
    """What the engine says of the page's container; empty while there is none."""
    with engine() as client:
        found = client.containers.list(
            filters={"name": name_of(environment.site.name, "page"), "status": "running"}
        )
        return {} if not found else dict(found[0].attrs)


def shown(environment: ContainersEnvironment) -> bool:
    return environment.probe(ProbeName.PAGE_STATUS) == 200


def test_the_page_runs_in_a_container_that_the_connector_made(
    environment: ContainersEnvironment,
) -> None:
    page = page_of(environment)
    assert page["Config"]["Labels"]["com.docker.compose.service"] == "dashboard"
    assert list(page["NetworkSettings"]["Networks"]) == [name_of(environment.site.name, "edge")]
    log = environment.site.core_logs / "user/us-east-1/aws/DockerApplicationDeployment.log"
    assert "Runs dashboard" in log.read_text()
    assert shown(environment)


def test_it_is_shown_in_the_core_s_own_state(environment: ContainersEnvironment) -> None:
    listed = json.loads((environment.site.root / "ggc/var/state/processes.json").read_text())
    assert listed["containers"]["dashboard"]["pid"] == page_of(environment)["State"]["Pid"]


def test_it_is_started_again_when_it_dies(environment: ContainersEnvironment) -> None:
    os.kill(page_of(environment)["State"]["Pid"], signal.SIGKILL)
    wait_until(
        lambda: page_of(environment).get("RestartCount") == 1,
        seconds=SEEN_S,
        what="the page to be started again",
    )
    wait_until(lambda: answers(environment.site.urls["page"]), seconds=SEEN_S, what="the page")


def test_it_comes_back_with_a_core_that_was_killed_also_without_a_link(
    environment: ContainersEnvironment,
) -> None:
    before = page_of(environment)["Id"]
    everything = tuple(Service)
    with (
        environment.inject(LinkDown(services=everything)),
        environment.inject(ProcessKill(target=Target.CORE)),
    ):
        wait_until(
            lambda: page_of(environment).get("Id") not in (None, before),
            seconds=SEEN_S,
            what="the page in another container",
        )
        wait_until(lambda: answers(environment.site.urls["page"]), seconds=SEEN_S, what="the page")
    log = environment.site.core_logs / "user/us-east-1/aws/DockerApplicationDeployment.log"
    assert "The compose file of the last time is used" in log.read_text()


def test_the_tap_goes_on_when_the_core_dies(environment: ContainersEnvironment) -> None:
    taps = [witness.part.id for witness in environment.witnesses()]
    with environment.inject(ProcessKill(target=Target.CORE)):
        assert all(witness.alive() for witness in environment.witnesses())
    assert [witness.part.id for witness in environment.witnesses()] == taps
    wait_until(lambda: environment.processes().keys() >= ALWAYS, seconds=SEEN_S, what="the edge")


def test_what_is_told_of_it_names_every_image(environment: ContainersEnvironment) -> None:
    told = environment.versions
    for name in ("core", "dashboard", "localstack", "toxiproxy", "harness"):
        assert re.search(rf"stream-chaos/{name}:\w+, sha256:\w{{64}}, on ", told[f"image {name}"])
