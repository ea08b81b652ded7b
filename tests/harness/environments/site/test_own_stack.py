"""The stack of a site file."""

from pathlib import Path

from harness.environments.site.own_stack import own_parameters
from harness.environments.site.provisioning import parameters
from harness.plan.compiling import own_site
from harness.scenario.site_file import SiteFile
from harness.scenario.site_loader import load_site

SITE = """\
site: press_line
functions:
  - name: Press
    folder: press
    handler: press.main
    encoding: binary
    timeout: 7s
    memory: 1025B
    environment: {RATE: 5}
    ports: {api: {variable: API_PORT}, fixed: {number: 9100}}
  - {name: Clerk, folder: press, handler: press.main, pinned: false}
devices: [Gauge]
subscriptions: [{source: Press, topic: a/#, target: Clerk}, {source: Gauge, topic: b, target: Press}]
cloud: {kinesis_streams: [frames], iot_analytics_channels: [wear]}
stream_manager: {STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS: 5000}
container: {compose: compose.yaml, port: 8082}
"""


def written(folder: Path) -> Path:
    (folder / "press").mkdir()
    (folder / "press" / "press.py").write_text("main = print\n")
    (folder / "compose.yaml").write_text("services: {page: {x-process: sleep 60}}\n")
    (folder / "line.yaml").write_text(SITE)
    return folder / "line.yaml"


def test_everything_that_a_site_file_says_reaches_the_stack(tmp_path: Path) -> None:
    own = load_site(written(tmp_path))
    made = own_parameters(own.site, own.base, {"api": 7, "fixed": 9100}, {"A": "1"})
    application = made.application
    assert application is not None
    press, clerk = application.functions
    assert (made.name, made.stream_manager) == ("press-line", {"A": "1"})
    assert (press.lambda_name, press.handler, press.encoding) == ("Press", "press.main", "binary")
    assert (press.pinned, press.timeout_s, press.memory_kb) == (True, 7, 2)
    assert press.environment == {"RATE": "5", "API_PORT": "7"}
    assert press.folder == str(tmp_path / "press")
    assert (clerk.pinned, clerk.memory_kb, clerk.encoding) == (False, None, "json")
    assert application.subscriptions[0].topic == "a/#"
    assert application.devices == ("Gauge",)
    assert application.subscriptions[1].source == "Gauge"
    assert (application.kinesis_streams, application.channels) == (("frames",), ("wear",))
    assert application.compose == "services: {page: {x-process: sleep 60}}\n"


def test_settings_of_a_plan_with_a_site_file_become_its_stack(tmp_path: Path) -> None:
    settings = own_site(load_site(written(tmp_path)), {"Press": {"RATE": "9"}}, {"B": "2"}, 0)
    made = parameters(settings, {"api": 1, "fixed": 9100, "page": 8082})
    assert made.application is not None
    assert made.application.functions[0].environment["RATE"] == "9"
    assert made.stream_manager == {"STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS": "5000", "B": "2"}
    assert settings.ports_asked == {"api": 0, "fixed": 9100, "page": 8082}


def test_a_site_without_container_has_no_page(tmp_path: Path) -> None:
    own = load_site(written(tmp_path)).site.model_copy(update={"container": None})
    assert isinstance(own, SiteFile)
    assert own_parameters(own, tmp_path, {"api": 1, "fixed": 2}, {}).application.compose is None
    assert "page" not in own.ports
