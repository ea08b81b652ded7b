"""`group.json`: the deployment as it was downloaded, and how it is read.

    {"format": 1,
     "group": {"id", "version", "deployment"},
     "functions" | "subscriptions" | "connectors" | "loggers" | "resources" | "devices":
         the definition version as the cloud has it,
     "certificates": {certificate ARN of a device: PEM; empty: it is not active},
     "broker": {"certificate": PEM, "authority": PEM}, with devices only,
     "code": {function ARN of the definition: {"arn", "handler", "runtime", "sha256", "directory"}}}

`directory` is relative to the file. The file is replaced as the last step of a download, so what it names is there.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from system.greengrass.logs.journal import Policy
from system.greengrass.logs.level import Level, parse_level
from system.greengrass.mqtt.settings import Device
from system.greengrass.router.filters import filter_problem
from system.greengrass.router.router import Subscription
from system.greengrass.v1.arns import (
    SPOOLER_NAME,
    STREAM_MANAGER_NAME,
    FunctionArn,
    parse_connector_arn,
    parse_function_arn,
    parse_thing_arn,
)
from system.greengrass.v1.group import (
    SPOOL_BYTES_MAX,
    Connector,
    DeploymentRefused,
    Encoding,
    Function,
    Group,
    LogPolicies,
)

FORMAT = 1
TIMEOUT_S = 3
STREAM_MANAGER_PORT = "STREAM_MANAGER_SERVER_PORT"
SPOOL_BYTES_LEAST = 262_144
DOCKER_APPLICATION = "DockerApplicationDeployment"

Fields = Mapping[str, Any]


@dataclass
class _Reading:
    """One reading of a document: where it is, and what was found wrong with it."""

    directory: Path
    code: Fields
    default_isolation: str = ""
    run_as_root_allowed: bool = False
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)


def parse_group(document: Fields, directory: Path, *, run_as_root_allowed: bool = False) -> Group:
    """The group in a document.

    Args:
        directory: where the document lies; the functions' code is below it.

    Raises:
        DeploymentRefused: with everything that cannot be carried out.
    """
    if document.get("format") != FORMAT:
        raise DeploymentRefused(["group.json has another format than this core writes"])
    definition = document.get("functions", {})
    reading = _Reading(
        directory=directory,
        code=document.get("code", {}),
        default_isolation=_isolation(definition.get("DefaultConfig", {})),
        run_as_root_allowed=run_as_root_allowed,
    )
    functions, system = _functions(reading, definition.get("Functions", []))
    group = document["group"]
    parsed = Group(
        id=group["id"],
        version=group["version"],
        deployment=group["deployment"],
        functions=functions,
        subscriptions=tuple(_subscriptions(reading, _entries(document, "subscriptions"))),
        connectors=tuple(_connectors(reading, _entries(document, "connectors"))),
        devices=tuple(_devices(reading, document)),
        broker_certificate=document.get("broker", {}).get("certificate", ""),
        loggers=_loggers(_entries(document, "loggers")),
        stream_manager=system.get(STREAM_MANAGER_NAME),
        spool_bytes_max=_spool_bytes(system.get(SPOOLER_NAME, {})),
        notes=(*reading.notes, *_unused_resources(_entries(document, "resources"))),
    )
    if reading.problems:
        raise DeploymentRefused(reading.problems)
    return parsed


def _entries(document: Fields, kind: str) -> list[Fields]:
    found: list[Fields] = document.get(kind, {}).get(kind.capitalize(), [])
    return found


def _functions(
    reading: _Reading, entries: list[Fields]
) -> tuple[tuple[Function, ...], dict[str, dict[str, str]]]:
    """The user's functions, and the variables of the core's own by name."""
    functions: list[Function] = []
    system: dict[str, dict[str, str]] = {}
    for entry in entries:
        arn = parse_function_arn(entry.get("FunctionArn", ""))
        settings = entry.get("FunctionConfiguration") or {}
        if arn is None:
            reading.problems.append(f"{entry.get('FunctionArn')!r} is not the ARN of a function")
        elif arn.system:
            system[arn.name] = _variables(settings)
            port = system[arn.name].get(STREAM_MANAGER_PORT, "0")
            if not port.isdecimal():
                reading.problems.append(f"{STREAM_MANAGER_PORT} has to be a port, not {port!r}")
            if arn.name not in (STREAM_MANAGER_NAME, SPOOLER_NAME):
                reading.notes.append(f"{arn.name} has no settings here")
        else:
            functions.extend(_function(reading, entry["FunctionArn"], arn, settings))
    return tuple(functions), system


def _function(
    reading: _Reading, written: str, arn: FunctionArn, settings: Fields
) -> Iterator[Function]:
    code = reading.code.get(written)
    if code is None or not (reading.directory / code["directory"]).is_dir():
        reading.problems.append(f"the code of {written} is not there")
        return
    problems = [*_execution_problems(reading, settings), *_runtime_problems(code)]
    encoding = settings.get("EncodingType", "json")
    if encoding not in ("json", "binary"):
        problems.append(f"has the unknown encoding {encoding!r}")
    reading.problems.extend(f"{arn.name} {problem}" for problem in problems)
    reading.aliases[written] = code["arn"]
    if not problems:
        yield Function(
            arn=code["arn"],
            fields=parse_function_arn(code["arn"]) or arn,
            handler=settings.get("Executable") or code["handler"],
            code=reading.directory / code["directory"],
            pinned=bool(settings.get("Pinned")),
            encoding=Encoding(encoding),
            timeout_s=float(settings.get("Timeout") or TIMEOUT_S),
            variables=_variables(settings),
        )


def _variables(settings: Fields) -> dict[str, str]:
    environment = settings.get("Environment") or {}
    return {name: str(value) for name, value in (environment.get("Variables") or {}).items()}


def _isolation(settings: Fields) -> str:
    return str((settings.get("Execution") or {}).get("IsolationMode") or "")


def _execution_problems(reading: _Reading, settings: Fields) -> Iterator[str]:
    environment = settings.get("Environment") or {}
    isolation = _isolation(environment) or reading.default_isolation or "GreengrassContainer"
    if isolation != "NoContainer":
        yield (
            f"asks for the isolation {isolation}, which this core cannot give: "
            "set IsolationMode to NoContainer for the function or as the group's default"
        )
    run_as = (environment.get("Execution") or {}).get("RunAs") or {}
    uid = run_as.get("Uid", os.getuid())
    if uid == 0 and "Uid" in run_as and not reading.run_as_root_allowed:
        yield 'wants to run as root: set allowFunctionsToRunAsRoot to "yes" in config.json'
    elif uid != os.getuid():
        yield f"wants to run as user {uid}, but functions run as the core's user {os.getuid()}"


def _runtime_problems(code: Fields) -> Iterator[str]:
    runtime = str(code.get("runtime", ""))
    if not runtime.startswith("python3"):
        yield f"needs the runtime {runtime or 'of an executable'}; this core runs python3.x"


def _subscriptions(reading: _Reading, entries: list[Fields]) -> Iterator[Subscription]:
    for entry in entries:
        problem = filter_problem(str(entry.get("Subject", "")))
        if problem:
            reading.problems.append(f"the subscription {entry.get('Id')} is wrong: {problem}")
            continue
        source, target = str(entry.get("Source")), str(entry.get("Target"))
        yield Subscription(
            source=reading.aliases.get(source, source),
            subject=entry["Subject"],
            target=reading.aliases.get(target, target),
        )


def _connectors(reading: _Reading, entries: list[Fields]) -> Iterator[Connector]:
    for entry in entries:
        arn = parse_connector_arn(str(entry.get("ConnectorArn", "")))
        if arn is None or arn.name != DOCKER_APPLICATION:
            reading.problems.append(
                f"the connector {entry.get('ConnectorArn')!r} is not one of this core's: "
                f"{DOCKER_APPLICATION}"
            )
            continue
        parameters = {name: str(value) for name, value in (entry.get("Parameters") or {}).items()}
        yield Connector(arn=arn, parameters=parameters)


def _devices(reading: _Reading, document: Fields) -> Iterator[Device]:
    certificates = document.get("certificates", {})
    for entry in _entries(document, "devices"):
        thing = parse_thing_arn(str(entry.get("ThingArn")))
        certificate = certificates.get(entry.get("CertificateArn"))
        if thing is None:
            reading.problems.append(f"{entry.get('ThingArn')!r} is not the ARN of a device's thing")
        elif not certificate:
            reading.problems.append(f"the device {thing.name} has no active certificate")
        else:
            yield Device(arn=thing.arn, name=thing.name, certificate=certificate)


def _loggers(entries: list[Fields]) -> LogPolicies:
    return LogPolicies(
        system=_policy([each for each in entries if each.get("Component") == "GreengrassSystem"]),
        functions=_policy([each for each in entries if each.get("Component") == "Lambda"]),
    )


def _policy(loggers: list[Fields]) -> Policy:
    """The policy of one kind of component; a kind that no file logger names keeps the default."""
    default = Policy()
    files = [each for each in loggers if each.get("Type") == "FileSystem"]
    cloud = [each for each in loggers if each.get("Type") == "AWSCloudWatch"]
    return Policy(
        file_level=_level(files, default.file_level),
        space_kb=int(files[0].get("Space") or default.space_kb) if files else default.space_kb,
        cloud_level=_level(cloud, Level.INFO) if cloud else None,
    )


def _level(loggers: list[Fields], default: Level) -> Level:
    return (parse_level(str(loggers[0].get("Level", ""))) or default) if loggers else default


def _spool_bytes(variables: Mapping[str, str]) -> int:
    written = variables.get("GG_CONFIG_MAX_SIZE_BYTES", "")
    return max(int(written), SPOOL_BYTES_LEAST) if written.isdecimal() else SPOOL_BYTES_MAX


def _unused_resources(entries: list[Fields]) -> list[str]:
    return [
        f"the resource {each.get('Name') or each.get('Id')} has no effect: functions without a "
        "container see the whole machine"
        for each in entries
    ]
