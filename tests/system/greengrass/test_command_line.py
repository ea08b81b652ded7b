"""What a user is told who gives the core something it cannot use."""

import socket

import pytest


def ended(edge, *arguments):
    status = edge.launch(*arguments).wait(20)
    return status, (edge.root / "core.out").read_text()


def test_a_missing_configuration_is_named(edge):
    status, said = ended(edge)
    assert status == 2
    assert said == (
        f"greengrass: {edge.root}/config/config.json cannot be used: "
        "it cannot be read (No such file or directory)\n"
    )


def test_all_problems_of_a_configuration_are_told_at_once(edge):
    edge.configuration = {
        "coreThing": {"thingArn": "core", "ggDaemonPort": 80, "keepAlive": "long"},
        "runtime": [],
    }
    edge.write()
    status, said = ended(edge)
    assert status == 2
    for problem in ("thingArn", "ggDaemonPort", "keepAlive", "`runtime` has to be an object"):
        assert problem in said
    assert "Traceback" not in said


def test_a_taken_port_is_one_clear_sentence(edge):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        edge.configuration["coreThing"]["ggDaemonPort"] = port
        edge.write()
        status, said = ended(edge)
    assert status == 4
    assert f"Port {port} for the local interface cannot be had (Address already in use)" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", ["'unbalanced", ""])
def test_a_stream_manager_that_is_no_command_line_is_refused_at_once(edge, command):
    edge.write()
    status, said = ended(edge, "--stream-manager", command)
    assert status == 2
    assert "argument --stream-manager" in said
    assert "Traceback" not in said


def test_unknown_keys_are_tolerated_with_a_warning(edge):
    edge.configuration["coreThing"]["colour"] = "green"
    edge.start()
    assert "config.json: `coreThing.colour` is not known and has no effect" in edge.runtime_log()
