from pathlib import Path

import pytest

from system.greengrass.v1.configuration import (
    ConfigurationRefused,
    load_configuration,
    parse_configuration,
)

THING = "arn:aws:iot:eu-west-1:123456789012:thing/my_core"
FILE = Path("config.json")


def parsed(core=None, runtime=None, **more):
    document = {"coreThing": {"thingArn": THING, **(core or {})}, "runtime": runtime or {}, **more}
    return parse_configuration(document, FILE)


def test_what_is_left_out_has_the_documented_default():
    found = parsed()
    assert found.thing.region == "eu-west-1"
    assert found.thing.name == "my_core"
    assert (found.daemon_port, found.work_items_max, found.workers_max) == (8000, 1024, 25)
    assert found.health_check_timeout_s == 30
    assert not found.run_as_root_allowed
    assert found.warnings == ()


def test_the_documented_keys_are_read():
    found = parsed(
        {"ggDaemonPort": 9000, "keepAlive": 600, "iotHost": "x", "ggHost": "y"},
        {
            "maxWorkItemCount": 10,
            "maxConcurrentLimit": 3,
            "lruSize": 2,
            "postStartHealthCheckTimeout": 5000,
            "allowFunctionsToRunAsRoot": "yes",
            "cgroup": {"useSystemd": "yes"},
        },
        managedRespawn=False,
        crypto={"caPath": "file:///x", "principals": {}},
    )
    assert (found.daemon_port, found.work_items_max, found.workers_max) == (9000, 10, 3)
    assert found.idle_workers_max == 2
    assert found.health_check_timeout_s == 5
    assert found.run_as_root_allowed
    assert found.warnings == ()


def test_the_core_s_certificate_is_where_crypto_says_and_else_where_the_core_thing_does():
    core = {"certPath": "certificate.pem", "keyPath": "private.key"}
    found = parsed(core)
    assert (found.certificate, found.private_key) == ("certificate.pem", "private.key")
    principal = {"certificatePath": "file:///a.pem", "privateKeyPath": "file:///a.key"}
    found = parsed(core, crypto={"principals": {"IoTCertificate": principal}})
    assert (found.certificate, found.private_key) == ("file:///a.pem", "file:///a.key")


@pytest.mark.parametrize("crypto", [{}, {"principals": []}, {"principals": {"IoTCertificate": 1}}])
def test_a_core_may_have_no_certificate(crypto):
    assert parsed(crypto=crypto).certificate == ""


def test_the_port_for_devices_is_the_documented_one():
    assert parsed().mqtt_port == 8883
    assert parsed({"ggMqttPort": 9883}).mqtt_port == 9883


def test_port_zero_means_any():
    assert parsed({"ggDaemonPort": 0}).daemon_port == 0


def test_unknown_keys_are_told_with_their_place():
    found = parsed({"colour": 1}, {"speed": 2}, size=3)
    assert found.warnings == (
        "`size` is not known and has no effect",
        "`coreThing.colour` is not known and has no effect",
        "`runtime.speed` is not known and has no effect",
    )


@pytest.mark.parametrize(
    ("core", "problem"),
    [
        ({"thingArn": "arn:aws:iot:x"}, "thingArn"),
        ({"ggDaemonPort": 1023}, "`ggDaemonPort` has to be 1024 to 65535, not 1023"),
        ({"ggDaemonPort": "8000"}, "`ggDaemonPort` has to be a whole number, not '8000'"),
        ({"keepAlive": True}, "`keepAlive` has to be a whole number, not True"),
        ({"keepAlive": 29}, "`keepAlive` has to be 30 to 1200"),
        ({"systemComponentAuthTimeout": 499}, "500 to 5000"),
        ({"iotMqttPort": 0}, "1 to 65535"),
        ({"ggMqttPort": 883}, "`ggMqttPort` has to be 1024 to 65535, not 883"),
    ],
)
def test_a_bad_value_is_refused_with_what_would_be_right(core, problem):
    with pytest.raises(ConfigurationRefused, match=r"config\.json cannot be used") as refused:
        parsed(core)
    assert problem in str(refused.value)


@pytest.mark.parametrize(("text", "problem"), [("{", "is not JSON"), ("[]", "a JSON object")])
def test_a_file_that_is_no_object_is_refused(tmp_path, text, problem):
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ConfigurationRefused, match=problem):
        load_configuration(path)
