"""What the server can be told, by the documented variables and by flags."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from system.stream_manager.workers import Sender
from system.wire.definitions import MULTIPART_THRESHOLD_MIN

STORE = "STREAM_MANAGER_STORE_ROOT_DIR"
PORT = "STREAM_MANAGER_SERVER_PORT"
AUTHENTICATE = "STREAM_MANAGER_AUTHENTICATE_CLIENT"
TOKENS = "STREAM_MANAGER_CLIENT_TOKENS"
POOL_SIZE = "STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE"
MAX_BACKOFF_MS = "STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS"
MAX_BANDWIDTH = "STREAM_MANAGER_EXPORTER_MAX_BANDWIDTH"
KINESIS_DELAY_MS = "STREAM_MANAGER_EXPORTER_KINESIS_INTER_CALL_DELAY_MS"
PART_BYTES_MIN = "STREAM_MANAGER_EXPORTER_S3_DESTINATION_MULTIPART_UPLOAD_MIN_PART_SIZE_BYTES"
LOG_LEVEL = "LOG_LEVEL"
# What Stream Manager has and this server has not: set all the same, it is told rather than swallowed.
NOT_THERE_YET = ("STREAM_MANAGER_READ_ONLY_DIRS",)

PRINT = "print"
"""The destination that is standard output."""

LEVELS = {"TRACE": 5, "DEBUG": 10, "INFO": 20, "WARN": 30, "WARNING": 30, "ERROR": 40}


@dataclass(eq=False)
class BadSetting(Exception):
    """A setting that cannot be used.

    Attributes:
        name: the variable or flag.
        problem: what is wrong with it and how to mend it.
    """

    name: str
    problem: str

    def __str__(self) -> str:
        return f"{self.name} {self.problem}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that the server is told.

    Attributes:
        store: folder of the streams; it exists.
        port: 0 for a free one.
        tokens: the tokens of clients that may connect; None: every local client may.
        pool_size: batches under way at once.
        max_backoff_ms: longest wait of an exporter.
        max_bandwidth_kbit_per_s: of all exports together, on average; 0: no bound.
        kinesis_delay_ms: least time between two requests to Kinesis; 0: none.
        part_bytes_min: least size of a part of a file that is uploaded in parts.
        region: of the cloud.
        destination: where all exports go instead of the cloud: an address, or `print`; empty: to the cloud.
        sender: what delivers in the place of all that, as in a simulator.
        log_level: least level of the lines written, as `logging` counts.
        ignored: variables that are set and have no effect.
    """

    store: Path
    host: str = "127.0.0.1"
    port: int = 8088
    tokens: frozenset[str] | None = None
    pool_size: int = 5
    max_backoff_ms: int = 300_000
    max_bandwidth_kbit_per_s: int = 0
    kinesis_delay_ms: int = 0
    part_bytes_min: int = MULTIPART_THRESHOLD_MIN
    region: str = "us-east-1"
    destination: str = ""
    sender: Sender | None = None
    log_level: int = 20
    ignored: tuple[str, ...] = ()


def _integer(name: str, text: str, low: int, high: int) -> int:
    try:
        value = int(text)
    except ValueError:
        raise BadSetting(name, f"has to be a whole number, not {text!r}") from None
    if not low <= value <= high:
        raise BadSetting(name, f"has to be between {low} and {high}, not {value}")
    return value


def _flag(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise BadSetting(name, f"has to be true or false, not {text!r}")
    return text.lower() == "true"


def _folder(name: str, path: Path) -> Path:
    if not path.is_dir():
        what = "is no folder" if path.exists() else "does not exist: create it first"
        raise BadSetting(name, f"{str(path)!r} {what}")
    return path


def _made_folder(name: str, path: Path) -> Path:
    """A folder that whoever typed its name wants to have, unlike one that a deployment has to bring."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        pass
    except OSError as error:
        raise BadSetting(name, f"{str(path)!r} cannot be made: {error.strerror}") from None
    return _folder(name, path)


def _destination(text: str) -> str:
    parts = urlsplit(text)
    if text and text != PRINT and not (parts.scheme in ("http", "https") and parts.hostname):
        raise BadSetting(
            "--destination",
            f"has to be {PRINT} or an address like http://127.0.0.1:8000, not {text!r}",
        )
    return text


def _store(flag: Path | None, variable: str) -> Path:
    if flag is not None:
        return _made_folder("--store", flag.absolute())
    if not variable:
        raise BadSetting(STORE, "is not set: say where the streams are kept, there or by --store")
    if not variable.startswith("/"):
        raise BadSetting(STORE, f"has to be an absolute path, not {variable!r}")
    return _folder(STORE, Path(variable))


def _tokens(variables: Mapping[str, str]) -> frozenset[str] | None:
    tokens = frozenset(filter(None, variables.get(TOKENS, "").split(",")))
    wanted = _flag(AUTHENTICATE, variables.get(AUTHENTICATE) or ("true" if tokens else "false"))
    if wanted and not tokens:
        raise BadSetting(AUTHENTICATE, f"is true, but {TOKENS} names no token of a client")
    return tokens if wanted else None


def _level(text: str) -> int:
    if text.upper() not in LEVELS:
        raise BadSetting(LOG_LEVEL, f"has to be one of {', '.join(LEVELS)}, not {text!r}")
    return LEVELS[text.upper()]


def parser() -> argparse.ArgumentParser:
    """The flags; each wins over its variable."""
    made = argparse.ArgumentParser(
        prog="stream-chaos-server",
        description="The stream manager alone: keeps message streams on disk and exports them.",
        epilog="`stream-chaos-server dump STORE` shows what is in a store. "
        f"Configured by the variables of Stream Manager ({STORE}, {PORT}, ...), see "
        "docs/reference/stream-manager.md. Exit status: 0 stopped, 2 bad settings, 4 the port or the store cannot be "
        "had, 70 a fault of the server.",
    )
    made.add_argument(
        "--store", type=Path, metavar="DIR", help="folder of the streams, made if it is not there"
    )
    made.add_argument("--port", metavar="N", help="port to listen on, 0 for a free one")
    made.add_argument("--host", default="127.0.0.1", help="address to listen on")
    made.add_argument(
        "--destination",
        default="",
        metavar=f"{PRINT}|URL",
        help="where all exports go instead of the cloud: a line of JSON for each batch on standard output "
        "(the log then goes to standard error), or a POST of it to this address",
    )
    return made


def read_settings(arguments: list[str] | None, variables: Mapping[str, str]) -> Settings:
    """The settings from flags and variables; an empty variable counts as absent.

    Raises:
        BadSetting: the first one that cannot be used.
        SystemExit: for what argparse answers itself.
    """
    flags = parser().parse_args(arguments)

    def number(name: str, default: int, low: int, high: int = 2**31 - 1) -> int:
        return _integer(name, variables.get(name) or str(default), low, high)

    return Settings(
        store=_store(flags.store, variables.get(STORE, "")),
        host=flags.host,
        port=_integer("--port", flags.port, 0, 65535)
        if flags.port is not None
        else number(PORT, 8088, 0, 65535),
        tokens=_tokens(variables),
        pool_size=number(POOL_SIZE, 5, 1, 1000),
        max_backoff_ms=number(MAX_BACKOFF_MS, 300_000, 1),
        # 0 is not documented as "no bound" there, so it is no value.
        max_bandwidth_kbit_per_s=number(MAX_BANDWIDTH, 0, 1) if variables.get(MAX_BANDWIDTH) else 0,
        kinesis_delay_ms=number(KINESIS_DELAY_MS, 0, 0),
        part_bytes_min=number(PART_BYTES_MIN, MULTIPART_THRESHOLD_MIN, MULTIPART_THRESHOLD_MIN),
        region=variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION") or "us-east-1",
        destination=_destination(flags.destination),
        log_level=_level(variables.get(LOG_LEVEL) or "INFO"),
        ignored=tuple(name for name in NOT_THERE_YET if variables.get(name)),
    )
