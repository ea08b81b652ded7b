"""What the broker is told when it starts, in a file that the core writes.

{"format": 1, "address", "port", "certificate": file, "key": file,
 "devices": [{"arn", "name", "certificate": PEM, "receives": [topic filter]}]}
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FORMAT = 1
DEFAULT_PORT = 8883
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device that is let in.

    Attributes:
        arn: of its thing.
        name: of its thing.
        certificate: PEM; whoever has its key is this device, under whatever client id.
        receives: filters of the topics that it may be sent.
    """

    arn: str
    name: str
    certificate: str
    receives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """Where the broker listens, who it is, and whom it lets in.

    Attributes:
        address: that it listens on.
        certificate: file with its certificate, PEM.
        key: file with the key of that, PEM.
    """

    address: str
    port: int
    certificate: Path
    key: Path
    devices: tuple[Device, ...]

    def to_json(self) -> dict[str, Any]:
        """As an object of JSON."""
        files = {"certificate": str(self.certificate), "key": str(self.key)}
        return {"format": FORMAT, **asdict(self), **files}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "BrokerSettings":
        """The settings that `to_json` wrote."""
        devices = tuple(
            Device(**{**each, "receives": tuple(each["receives"])}) for each in document["devices"]
        )
        return cls(
            address=document["address"],
            port=document["port"],
            certificate=Path(document["certificate"]),
            key=Path(document["key"]),
            devices=devices,
        )


def load_settings(path: Path) -> BrokerSettings:
    """Read a file of settings, which only the core writes."""
    return BrokerSettings.from_json(json.loads(path.read_text()))
