"""The connector that brings a compose file and keeps its services running, here as processes."""

import json
import os
import signal
import sys

import pytest

from harness.waiting import wait_until
from system.greengrass.v1.compose import ComposeRefused, parse_services

COMPOSE = """
services:
  page:
    image: page
    environment: {GREETING: "hello $$ ${PLACE:-here}", EMPTY: }
    x-process:
      command: ["{python}", "-c", "import os, time; print('page', os.environ['GREETING'], flush=True); time.sleep(300)"]
      environment: ["PORT=1"]
"""
RECEIVER = """
def handler(event, context):
    with open("seen", "a") as seen:
        seen.write(event.decode() + "\\n")
"""
PARAMETERS = {
    "DockerComposeFileS3Bucket": "bucket",
    "DockerComposeFileS3Key": "docker-compose.yml",
    "DockerComposeFileDestinationPath": "/opt",
}
STATUS = "dockerapplicationdeploymentconnector/message/status"


def keep_compose_file(edge):
    directory = edge.root / "ggc/work/connectors/DockerApplicationDeployment"
    directory.mkdir(parents=True)
    (directory / "docker-compose.yml").write_text(COMPOSE)


def test_without_a_link_the_file_of_the_last_time_runs_and_is_kept_running(edge):
    keep_compose_file(edge)
    edge.connector(**PARAMETERS)
    receiver = edge.function("receiver", RECEIVER)
    connector = edge.document()["connectors"]["Connectors"][0]["ConnectorArn"]
    edge.subscribe(connector, STATUS, receiver)
    assert edge.start("--containers", "process")["status"] == "Success"
    message = json.loads(edge.wait_for_lines("receiver", 1)[0])
    assert message["status"] == "success"
    assert message["S3Bucket"] == "bucket"
    page = edge.processes()["containers"]["page"]
    log = "user/us-east-1/aws/DockerApplicationDeployment.log"
    wait_until(lambda: "page,page hello $ here" in edge.log(log), seconds=5, what="its output")
    os.kill(page["pid"], signal.SIGKILL)
    wait_until(
        lambda: edge.processes()["containers"].get("page", {}).get("restarts") == 1,
        seconds=10,
        what="the restart of the page",
    )
    assert edge.stop() < 5


def test_without_docker_the_connector_fails_clearly_and_nothing_else_does(edge, tmp_path):
    keep_compose_file(edge)
    edge.connector(**PARAMETERS, DockerOfflineMode="true")
    edge.environment["PATH"] = str(tmp_path / "nothing")
    arn = edge.function("sound", RECEIVER, Pinned=True)
    status = edge.start("--containers", "docker")
    assert status["status"] == "Failure"
    assert "DockerApplicationDeployment: There is no program docker" in status["error"]
    assert edge.processes()["functions"][arn]["pid"]


def test_a_service_says_how_it_runs_as_a_process():
    (service,) = parse_services(COMPOSE, {"EMPTY": "from outside", "PLACE": "there"})
    assert service.name == "page"
    assert service.command[0] == sys.executable
    assert service.environment == {
        "GREETING": "hello $ there",
        "EMPTY": "from outside",
        "PORT": "1",
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("services: {page: {image: page}}", "The service page has no `x-process` command"),
        ("services: {}", "has no services"),
        ("[", "is not YAML"),
    ],
)
def test_a_compose_file_that_cannot_run_says_why(text, reason):
    with pytest.raises(ComposeRefused, match=reason):
        parse_services(text)


def test_a_command_may_be_one_string():
    (service,) = parse_services(
        "services: {a: {x-process: 'run \"it all\" $HOME'}}", {"HOME": "/h"}
    )
    assert service.command == ("run", "it all", "/h")
