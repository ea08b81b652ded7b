"""Where things are below the Greengrass root."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from system.greengrass.v1.arns import FunctionArn

RUNTIME_LOG = "system/runtime.log"
STREAM_MANAGER_LOG = "system/GGStreamManager.log"
MQTT_LOG = "system/MQTTBroker.log"
FILE_URL = "file://"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The directories and files of one core."""

    root: Path

    @property
    def configuration(self) -> Path:
        """The file the core is configured with, unless another one is named."""
        return self.root / "config" / "config.json"

    @property
    def deployment(self) -> Path:
        """The local copy of the deployment."""
        return self.root / "ggc" / "deployment"

    @property
    def group(self) -> Path:
        """What was deployed, as a document."""
        return self.deployment / "group" / "group.json"

    @property
    def logs(self) -> Path:
        """All log files."""
        return self.root / "ggc" / "var" / "log"

    @property
    def crash_log(self) -> Path:
        """Why the core itself ended, if it was not meant to."""
        return self.logs / "crash.log"

    @property
    def state(self) -> Path:
        """What others may know of the running core."""
        return self.root / "ggc" / "var" / "state"

    @property
    def work(self) -> Path:
        """Working directories of functions, connectors and the stream manager."""
        return self.root / "ggc" / "work"

    def function_work(self, fields: FunctionArn) -> Path:
        """The working directory of a function: kept across restarts and versions."""
        return self.work / "functions" / fields.name

    @property
    def stream_store(self) -> Path:
        """The stream manager's store, unless the group names another."""
        return self.work / "stream-manager"

    @property
    def mqtt(self) -> Path:
        """The files of the broker for devices."""
        return self.work / "mqtt"

    def certificate_file(self, written: str) -> Path | None:
        """A file that `config.json` names: by a URL in `crypto`, below `certs` in `coreThing`; None: it names none."""
        return self.root / "certs" / written.removeprefix(FILE_URL) if written else None

    def write_broker_certificate(self, pem: str) -> Path:
        """Write the broker's certificate; another one gets another name, so that the broker is seen to change."""
        self.mqtt.mkdir(parents=True, exist_ok=True)
        path = self.mqtt / f"certificate-{hashlib.sha256(pem.encode()).hexdigest()[:16]}.pem"
        path.write_text(pem)
        for earlier in set(self.mqtt.glob("certificate-*.pem")) - {path}:
            earlier.unlink()
        return path


def function_log(fields: FunctionArn) -> str:
    """The log file of a function, below the logs."""
    return f"user/{fields.region}/{fields.account}/{fields.name}.log"


def connector_log(region: str, name: str) -> str:
    """The log file of a connector, below the logs."""
    return f"user/{region}/aws/{name}.log"


def function_log_group(fields: FunctionArn) -> str:
    """The log group of a function in the cloud."""
    return f"/aws/greengrass/Lambda/{fields.region}/{fields.account}/{fields.name}"


def connector_log_group(region: str, name: str) -> str:
    """The log group of a connector in the cloud."""
    return f"/aws/greengrass/Lambda/{region}/aws/{name}"


def system_log_group(component: str) -> str:
    """The log group of a component of the core in the cloud."""
    return f"/aws/greengrass/GreengrassSystem/{component}"
