import os

import pytest

from system.greengrass.logs.level import Level
from system.greengrass.v1.document import parse_group
from system.greengrass.v1.group import DeploymentRefused, Encoding

ALIAS = "arn:aws:lambda:us-east-1:000000000000:function:it:PROD"
VERSION = "arn:aws:lambda:us-east-1:000000000000:function:it:3"
CONNECTOR = "arn:aws:greengrass:us-east-1::/connectors/DockerApplicationDeployment/versions/7"


def document(settings=None, *, isolation="NoContainer", runtime="python3.12", **more):
    default = {"Execution": {"IsolationMode": isolation}} if isolation else {}
    entry = {"Id": "it", "FunctionArn": ALIAS, "FunctionConfiguration": settings or {}}
    return {
        "format": 1,
        "group": {"id": "g", "version": "v", "deployment": "d"},
        "functions": {"DefaultConfig": default, "Functions": [entry]},
        "code": {
            ALIAS: {"arn": VERSION, "handler": "a.b", "runtime": runtime, "directory": "lambda/it"}
        },
        **more,
    }


def parse(directory, written, **more):
    (directory / "lambda/it").mkdir(parents=True, exist_ok=True)
    return parse_group(written, directory, **more)


def refusal(directory, written):
    with pytest.raises(DeploymentRefused) as refused:
        parse(directory, written)
    return str(refused.value)


def test_a_function_has_the_documented_defaults(tmp_path):
    (function,) = parse(tmp_path, document()).functions
    assert function.arn == VERSION
    assert function.name == "it"
    assert function.handler == "a.b"
    assert function.code == tmp_path / "lambda/it"
    assert (function.pinned, function.encoding, function.timeout_s) == (False, Encoding.JSON, 3)


def test_an_alias_is_the_version_it_stood_for_also_in_subscriptions(tmp_path):
    subscriptions = [
        {"Id": "1", "Source": ALIAS, "Subject": "a/#", "Target": "cloud"},
        {"Id": "2", "Source": "cloud", "Subject": "b", "Target": ALIAS},
    ]
    group = parse(tmp_path, document(subscriptions={"Subscriptions": subscriptions}))
    first, second = group.subscriptions
    assert (first.source, first.target) == (VERSION, "cloud")
    assert (second.source, second.target) == ("cloud", VERSION)


def test_settings_of_the_group_are_read(tmp_path):
    settings = {
        "EncodingType": "binary",
        "Pinned": True,
        "Timeout": 7,
        "Executable": "other.handler",
        "Environment": {"Variables": {"A": "1"}},
    }
    (function,) = parse(tmp_path, document(settings)).functions
    assert function.encoding is Encoding.BINARY
    assert (function.pinned, function.timeout_s) == (True, 7)
    assert function.handler == "other.handler"
    assert function.variables == {"A": "1"}


def system(name, **variables):
    configuration = {"Environment": {"Variables": variables}}
    arn = f"arn:aws:lambda:::function:{name}:1"
    return {"Id": name, "FunctionArn": arn, "FunctionConfiguration": configuration}


def test_the_core_s_own_functions_bring_settings(tmp_path):
    written = document()
    written["functions"]["Functions"] += [
        system("GGStreamManager", STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE="1"),
        system("GGCloudSpooler", GG_CONFIG_MAX_SIZE_BYTES="100"),
        system("GGIPDetector"),
    ]
    group = parse(tmp_path, written)
    assert len(group.functions) == 1
    assert group.stream_manager == {"STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE": "1"}
    assert group.spool_bytes_max == 262_144
    assert group.notes == ("GGIPDetector has no settings here",)
    assert parse(tmp_path, document()).stream_manager is None


def test_loggers_set_levels_and_space(tmp_path):
    loggers = [
        {"Component": "Lambda", "Type": "FileSystem", "Level": "DEBUG", "Space": 1024},
        {"Component": "Lambda", "Type": "AWSCloudWatch", "Level": "WARN"},
        {"Component": "GreengrassSystem", "Type": "AWSCloudWatch", "Level": "ERROR"},
    ]
    found = parse(tmp_path, document(loggers={"Loggers": loggers})).loggers
    assert found.functions.file_level is Level.DEBUG
    assert found.functions.space_kb == 1024
    assert found.functions.cloud_level is Level.WARN
    assert found.system.file_level is Level.INFO
    assert found.system.space_kb == 128
    assert found.system.cloud_level is Level.ERROR


def test_the_connector_comes_with_its_parameters(tmp_path):
    entry = {"Id": "c", "ConnectorArn": CONNECTOR, "Parameters": {"A": "b"}}
    (connector,) = parse(tmp_path, document(connectors={"Connectors": [entry]})).connectors
    assert (connector.arn.name, connector.arn.version) == ("DockerApplicationDeployment", 7)
    assert connector.parameters == {"A": "b"}


THING = "arn:aws:iot:us-east-1:000000000000:thing/pump"
CERTIFICATE = "arn:aws:iot:us-east-1:000000000000:cert/1"


def with_device(*, thing=THING, certificates=None):
    entry = {"Id": "pump", "ThingArn": thing, "CertificateArn": CERTIFICATE}
    return document(
        devices={"Devices": [entry]},
        certificates={CERTIFICATE: "PEM"} if certificates is None else certificates,
        broker={"certificate": "of the broker", "authority": "CA"},
    )


def test_a_device_is_its_thing_and_its_certificate(tmp_path):
    group = parse(tmp_path, with_device())
    (device,) = group.devices
    assert (device.arn, device.name, device.certificate) == (THING, "pump", "PEM")
    assert group.broker_certificate == "of the broker"


@pytest.mark.parametrize("certificates", [{}, {CERTIFICATE: ""}])
def test_a_device_needs_a_certificate_that_is_active(tmp_path, certificates):
    refused = refusal(tmp_path, with_device(certificates=certificates))
    assert refused == "the device pump has no active certificate"


def test_a_device_is_a_thing(tmp_path):
    assert "is not the ARN of a device's thing" in refusal(tmp_path, with_device(thing="pump"))


def test_isolation_of_the_function_goes_before_the_group_s(tmp_path):
    alone = {"Environment": {"Execution": {"IsolationMode": "NoContainer"}}}
    assert parse(tmp_path, document(alone, isolation=None)).functions
    contained = {"Environment": {"Execution": {"IsolationMode": "GreengrassContainer"}}}
    assert "set IsolationMode to NoContainer" in refusal(tmp_path, document(contained))
    assert "GreengrassContainer" in refusal(tmp_path, document(isolation=None))


def test_a_function_runs_as_the_user_of_the_core(tmp_path):
    own = {"Environment": {"Execution": {"RunAs": {"Uid": os.getuid(), "Gid": 0}}}}
    assert parse(tmp_path, document(own), run_as_root_allowed=True).functions
    other = {"Environment": {"Execution": {"RunAs": {"Uid": 12345}}}}
    assert "wants to run as user 12345" in refusal(tmp_path, document(other))
    root = {"Environment": {"Execution": {"RunAs": {"Uid": 0}}}}
    assert "allowFunctionsToRunAsRoot" in refusal(tmp_path, document(root))


def test_all_problems_are_told_at_once(tmp_path):
    written = document(
        {"EncodingType": "xml"},
        runtime="nodejs12.x",
        subscriptions={
            "Subscriptions": [{"Id": "s", "Source": "a", "Subject": "a/#/b", "Target": "b"}]
        },
        connectors={"Connectors": [{"ConnectorArn": CONNECTOR.replace("Docker", "Serial")}]},
    )
    written["functions"]["Functions"] += [
        {"FunctionArn": "nonsense"},
        {"FunctionArn": VERSION.replace(":it:", ":absent:")},
        system("GGStreamManager", STREAM_MANAGER_SERVER_PORT="http"),
    ]
    told = refusal(tmp_path, written)
    for problem in (
        "unknown encoding 'xml'",
        "needs the runtime nodejs12.x",
        "the subscription s is wrong",
        "SerialApplicationDeployment",
        "'nonsense' is not the ARN of a function",
        "the code of arn:aws:lambda:us-east-1:000000000000:function:absent:3 is not there",
        "STREAM_MANAGER_SERVER_PORT has to be a port",
    ):
        assert problem in told


def test_a_document_of_another_format_is_refused(tmp_path):
    assert "another format" in refusal(tmp_path, {"format": 2})
