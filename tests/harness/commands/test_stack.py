"""`stream-chaos stack`, against the session's LocalStack in a region that nobody else uses."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from harness.commands import stack as command
from harness.environments.site.register import Entry, Register
from harness.environments.site.site import Link, Site
from harness.environments.site.stack import StackFiles
from harness.tools.bundles import OWN_VERSION
from system.stack import StackParameters

pytestmark = pytest.mark.localstack

REGION = "ap-northeast-1"
Chaos = Callable[..., Any]


@pytest.fixture(autouse=True)
def own_register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def stack(chaos: Chaos, localstack: Any) -> Iterator[Chaos]:
    """Runs a verb of `stack` on LocalStack; what stands in the end is destroyed."""

    def run(verb: str, *arguments: object) -> Any:
        place = ("--endpoint", localstack.endpoint, "--region", REGION)
        return chaos("stack", verb, *place, *arguments)

    yield run
    run("destroy")


def things(localstack: Any) -> list[str]:
    iot = boto3.client(
        "iot",
        endpoint_url=localstack.endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    return [each["thingName"] for each in iot.list_things()["things"]]


def stand(register: Register, name: str, cloud: int) -> Site:
    folder = register.enter(Entry(name=name))
    site = Site(
        name=name,
        directory=folder,
        witness=folder / "witness",
        logs=folder / "logs",
        origin_monotonic_ns=1,
        origin_wall_ms=2,
        cloud=cloud,
        toxiproxy=2,
        client_port=3,
        server_port=4,
        links={"kinesis": Link(uplink_tap=5, toxiproxy=6, cloud_tap=7)},
        ports={"sensor_api": 8, "aggregate_api": 9, "dashboard": 10},
    )
    register.describe(site)
    return site


def test_the_stack_is_deployed_compared_and_destroyed(
    stack: Chaos, localstack: Any, tmp_path: Path
) -> None:
    first = stack("deploy", "--core-root", tmp_path / "core", "--daemon-port", 18000)
    assert (first.status, first.errors) == (0, "")
    assert "created IoT thing greengrass-stream-mgr-accel\n" in first.output
    assert "29 changes; the stack stands.\n" in first.output
    core = "greengrass-stream-mgr-accel"
    assert sorted(things(localstack)) == [core, f"{core}_device"]
    written = json.loads((tmp_path / "core/config/config.json").read_text())
    assert written["coreThing"]["ggDaemonPort"] == 18000

    again = stack("deploy")
    assert (again.status, again.output) == (0, "Nothing to change; the stack stands.\n")
    same = stack("diff")
    assert (same.status, same.output) == (0, "No differences.\n")

    parameters = tmp_path / "mine.json"
    parameters.write_text('{"sensor_source": {"SENSOR_RATE_HZ": "5"}}')
    other = stack("diff", "--parameters", parameters)
    assert other.status == 1
    assert (
        "update Greengrass function definition greengrass-stream-mgr-accel-functions\n  Functions: ["
        in (other.output)
    )

    gone = stack("destroy")
    assert (gone.status, gone.errors) == (0, "")
    assert gone.output.endswith("29 resources are gone.\n")
    assert things(localstack) == []
    assert stack("destroy").output == "Nothing was there.\n"
    assert not list((tmp_path / "state").rglob("*.json"))


def zipped(text: str) -> bytes:
    """A bundle of one module that is all comment; the same bytes for the same text."""
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr(zipfile.ZipInfo("function.py"), f"# {text}")
    return bundle.getvalue()


def test_functions_can_be_packed_for_the_python_of_a_container(
    stack: Chaos, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[str] = []

    def packer_for(parameters: StackParameters, say: Any, version: str) -> Callable[[str], bytes]:
        wanted.append(version)
        return lambda function: zipped(f"{function} for {version}")

    monkeypatch.setattr(command, "packer_for", packer_for)
    assert stack("deploy", "--python", "3.12").status == 0
    assert stack("diff", "--python", "3.12").status == 0
    assert stack("diff").status == 1
    assert wanted == ["3.12", "3.12", OWN_VERSION]
    assert stack("diff", "--python", "2.7").status == 2


def test_json_is_all_that_goes_to_standard_output(stack: Chaos) -> None:
    deployed = stack("deploy", "--json")
    answer = json.loads(deployed.output)
    assert len(answer["changed"]) == len(deployed.errors.splitlines()) == 29
    assert {"action": "created", "resource": "Kinesis data stream AggregateData"} in answer[
        "changed"
    ]
    outputs = json.loads(stack("outputs", "--json").output)
    assert outputs == answer["outputs"]
    assert outputs["bucket"] == f"greengrass-stream-mgr-accel-greengrass-source-{REGION}"
    assert json.loads(stack("diff", "--json").output) == []
    assert len(json.loads(stack("destroy", "--json").output)["removed"]) == 29


def test_outputs_for_the_eye_keep_the_key_to_themselves(stack: Chaos) -> None:
    stack("deploy")
    shown = stack("outputs")
    assert shown.status == 0
    assert f"region: {REGION}\n" in shown.output
    assert "devices: greengrass-stream-mgr-accel_device\n" in shown.output
    assert "PRIVATE KEY" not in shown.output
    assert "CERTIFICATE" not in shown.output


def test_a_stack_that_is_not_there_has_no_outputs(stack: Chaos) -> None:
    ended = stack("outputs")
    assert (ended.status, ended.output) == (4, "")
    assert ended.errors.endswith("it is not there; deploy the stack first.\n")


def test_the_site_that_stands_is_meant_with_its_own_parameters(
    chaos: Chaos, localstack: Any
) -> None:
    site = stand(Register(), "standing", localstack.port)
    StackFiles(site.directory).keep(StackParameters(region=REGION, dashboard_port=9000))
    try:
        outputs = json.loads(chaos("stack", "deploy", "--json").output)["outputs"]
        assert outputs["region"] == REGION
        assert chaos("stack", "diff").status == 0
        assert chaos("stack", "diff", "--endpoint", site.cloud_url).status == 0
        assert chaos("stack", "diff", "--region", "us-west-2").status == 1
    finally:
        assert chaos("stack", "destroy").status == 0


def test_without_a_site_an_endpoint_is_wanted(chaos: Chaos) -> None:
    ended = chaos("stack", "deploy")
    assert (ended.status, ended.output) == (2, "")
    assert ended.errors == (
        "No site stands. Start one with `stream-chaos up`, or name a cloud with --endpoint URL.\n"
    )


def test_of_several_sites_one_has_to_be_named(chaos: Chaos) -> None:
    for name, port in (("a", 4001), ("b", 4002)):
        stand(Register(), name, port)
    ended = chaos("stack", "diff")
    assert ended.status == 2
    assert "2 sites stand" in ended.errors
    assert "http://127.0.0.1:4001, http://127.0.0.1:4002" in ended.errors


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("--endpoint", "localhost"), 2, "--endpoint has to be a URL such as http://"),
        (("--endpoint", "http://127.0.0.1:1"), 4, "Could not connect to the endpoint URL"),
        (("--endpoint", "http://127.0.0.1:1", "--region", "x"), 2, "`region` has to be a region"),
        (
            ("--endpoint", "http://127.0.0.1:1", "--parameters", "none"),
            2,
            "none: it cannot be read",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(
    chaos: Chaos, arguments: tuple[str, ...], status: int, told: str
) -> None:
    ended = chaos("stack", "deploy", *arguments)
    assert (ended.status, ended.output) == (status, "")
    assert told in ended.errors
    assert len(ended.errors.splitlines()) == 1


def test_all_mistakes_in_the_parameters_are_told(chaos: Chaos, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{"name": "A", "dashboard_port": "x", "sensor_source": [], "more": 1}')
    ended = chaos("stack", "diff", "--endpoint", "http://127.0.0.1:1", "--parameters", file)
    assert ended.status == 2
    for told in (
        "`more` is not known",
        "`name` has",
        "`sensor_source` has",
        "`dashboard_port` has",
    ):
        assert told in ended.errors


def test_a_site_file_is_deployed_in_the_place_of_our_functions(
    chaos: Chaos, localstack: Any, tmp_path: Path
) -> None:
    chaos("init", "plant", "--site")
    arguments = ("--site", "plant/site.yaml", "--endpoint", localstack.endpoint)
    try:
        deployed = chaos("stack", "deploy", *arguments)
        assert deployed.status == 0, deployed.errors
        assert "created Lambda function plant-Meter\n" in deployed.output
        assert "created Kinesis data stream measurements\n" in deployed.output
        assert chaos("stack", "diff", *arguments).output == "No differences.\n"
    finally:
        gone = chaos("stack", "destroy", *arguments)
    assert gone.status == 0, gone.errors


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ([], "the port `api` has no `number`, and a stack without a site cannot choose one"),
        (["--parameters", "mine.json"], "--parameters and --site both say what runs"),
    ],
)
def test_a_site_file_that_leaves_something_open_is_told(
    chaos: Chaos, tmp_path: Path, more: list[str], told: str
) -> None:
    chaos("init", "plant", "--site")
    file = tmp_path / "plant" / "site.yaml"
    file.write_text(file.read_text().replace("    # ports: {api", "    ports: {api"))
    endpoint = ("--endpoint", "http://127.0.0.1:1")
    ended = chaos("stack", "deploy", "--site", file, *endpoint, *more)
    assert ended.status == 2
    assert told in ended.errors


def test_a_core_root_that_cannot_be_written_is_named(stack: Chaos, tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.touch()
    ended = stack("deploy", "--core-root", occupied / "core")
    assert ended.status == 2
    assert f"--core-root {occupied / 'core'} cannot be written: Not a directory." in ended.errors
