"""`config.json` as Greengrass v1 documents it: read leniently where it can be, refused with all reasons where not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from system.greengrass.v1.arns import ThingArn, parse_thing_arn

KNOWN = {
    "": {
        "coreThing",
        "runtime",
        "managedRespawn",
        "crypto",
        "writeDirectory",
        "pidFileDirectory",
    },
    "coreThing": {
        "caPath",
        "certPath",
        "keyPath",
        "thingArn",
        "iotHost",
        "ggHost",
        "iotMqttPort",
        "iotHttpPort",
        "ggHttpPort",
        "keepAlive",
        "networkProxy",
        "mqttOperationTimeout",
        "ggDaemonPort",
        "ggMqttPort",
        "systemComponentAuthTimeout",
        "multicastDns",
    },
    "runtime": {
        "maxWorkItemCount",
        "maxConcurrentLimit",
        "lruSize",
        "mountAllBlockDevices",
        "postStartHealthCheckTimeout",
        "cgroup",
        "allowFunctionsToRunAsRoot",
        "schedulingFrequency",
    },
    "crypto": {"caPath", "PKCS11", "principals"},
}
DAEMON_PORT = 8000
MQTT_PORT = 8883
EPHEMERAL_PORT = 0
USER_PORTS = range(1024, 65536)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreConfiguration:
    """What the core takes from `config.json`.

    Attributes:
        thing: the core's identity.
        daemon_port: port of the local HTTP interface; 0: any free one (ours: AWS's core wants 1024 to 65535).
        mqtt_port: port of the broker for devices.
        certificate: the core's, as the file names it; empty: it names none.
        private_key: of that certificate, as the file names it.
        work_items_max: how many invocations may wait, all functions together.
        workers_max: how many workers an on-demand function may have.
        idle_workers_max: how many idle workers are kept.
        health_check_timeout_s: how long pinned functions have for their initialisation before a deployment
            counts as failed.
        run_as_root_allowed: whether functions may run as root explicitly.
        warnings: what was tolerated.
    """

    thing: ThingArn
    daemon_port: int = DAEMON_PORT
    mqtt_port: int = MQTT_PORT
    certificate: str = ""
    private_key: str = ""
    work_items_max: int = 1024
    workers_max: int = 25
    idle_workers_max: int = 25
    health_check_timeout_s: float = 30.0
    run_as_root_allowed: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(eq=False)
class ConfigurationRefused(Exception):
    """The core cannot run with this file."""

    path: Path
    problems: list[str]

    def __str__(self) -> str:
        return f"{self.path} cannot be used: " + "; ".join(self.problems)


@dataclass
class _Reader:
    """Takes values out of the file and gathers what is wrong with them."""

    document: Mapping[str, Any]
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def section(self, name: str) -> Mapping[str, Any]:
        found = self.document.get(name, {})
        if isinstance(found, dict):
            self.look_over(name, found)
            return found
        self.problems.append(f"`{name}` has to be an object")
        return {}

    def look_over(self, name: str, section: Mapping[str, Any]) -> None:
        place = f"{name}." if name else ""
        self.warnings.extend(
            f"`{place}{key}` is not known and has no effect"
            for key in section
            if key not in KNOWN[name]
        )

    def whole(self, section: Mapping[str, Any], key: str, *, default: int, bounds: range) -> int:
        value = section.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            self.problems.append(f"`{key}` has to be a whole number, not {value!r}")
        elif value not in bounds and value != default:
            self.problems.append(f"`{key}` has to be {bounds[0]} to {bounds[-1]}, not {value}")
        else:
            return value
        return default

    def thing(self, section: Mapping[str, Any]) -> ThingArn | None:
        value = section.get("thingArn")
        found = parse_thing_arn(value) if isinstance(value, str) else None
        if found is None:
            self.problems.append(
                "`coreThing.thingArn` has to be the ARN of the core's thing, as "
                f"arn:aws:iot:us-east-1:123456789012:thing/core, not {value!r}"
            )
        return found


def parse_configuration(document: Any, path: Path) -> CoreConfiguration:
    """The configuration in a parsed `config.json`.

    Raises:
        ConfigurationRefused: with everything that is wrong.
    """
    if not isinstance(document, dict):
        raise ConfigurationRefused(path, ["it has to be a JSON object"])
    reader = _Reader(document)
    reader.look_over("", document)
    core, runtime = reader.section("coreThing"), reader.section("runtime")
    crypto = reader.section("crypto")
    certificate, private_key = _identity(core, crypto)
    thing = reader.thing(core)
    many = range(1, 1_000_000)
    found = {
        "daemon_port": _daemon_port(reader, core),
        "mqtt_port": reader.whole(core, "ggMqttPort", default=MQTT_PORT, bounds=USER_PORTS),
        "work_items_max": reader.whole(runtime, "maxWorkItemCount", default=1024, bounds=many),
        "workers_max": reader.whole(runtime, "maxConcurrentLimit", default=25, bounds=many),
        "idle_workers_max": reader.whole(runtime, "lruSize", default=25, bounds=many),
    }
    health_ms = reader.whole(runtime, "postStartHealthCheckTimeout", default=30_000, bounds=many)
    _check_unused(reader, core)
    if reader.problems or thing is None:
        raise ConfigurationRefused(path, reader.problems)
    return CoreConfiguration(
        thing=thing,
        **found,
        certificate=certificate,
        private_key=private_key,
        health_check_timeout_s=health_ms / 1000,
        run_as_root_allowed=runtime.get("allowFunctionsToRunAsRoot") == "yes",
        warnings=tuple(reader.warnings),
    )


def load_configuration(path: Path) -> CoreConfiguration:
    """Read `config.json`.

    Raises:
        ConfigurationRefused: it is missing, is no JSON, or says what cannot be.
    """
    try:
        document = json.loads(path.read_text())
    except OSError as error:
        raise ConfigurationRefused(path, [f"it cannot be read ({error.strerror})"]) from error
    except ValueError as error:
        raise ConfigurationRefused(path, [f"it is not JSON ({error})"]) from error
    return parse_configuration(document, path)


def _daemon_port(reader: _Reader, core: Mapping[str, Any]) -> int:
    if core.get("ggDaemonPort") == EPHEMERAL_PORT:
        return EPHEMERAL_PORT
    return reader.whole(core, "ggDaemonPort", default=DAEMON_PORT, bounds=USER_PORTS)


def _identity(core: Mapping[str, Any], crypto: Mapping[str, Any]) -> tuple[str, str]:
    """Where the core's certificate and its key are; `crypto` counts where it is given, as the documentation has it."""
    principals = crypto.get("principals")
    found = principals.get("IoTCertificate") if isinstance(principals, dict) else None
    principal = found if isinstance(found, dict) else {}
    certificate = principal.get("certificatePath") or core.get("certPath") or ""
    return str(certificate), str(principal.get("privateKeyPath") or core.get("keyPath") or "")


def _check_unused(reader: _Reader, core: Mapping[str, Any]) -> None:
    """Values that this core has no use for, but that AWS's core would refuse."""
    ports = range(1, 65536)
    reader.whole(core, "iotMqttPort", default=8883, bounds=ports)
    reader.whole(core, "iotHttpPort", default=8443, bounds=ports)
    reader.whole(core, "ggHttpPort", default=8443, bounds=ports)
    reader.whole(core, "keepAlive", default=600, bounds=range(30, 1201))
    reader.whole(core, "systemComponentAuthTimeout", default=5000, bounds=range(500, 5001))
