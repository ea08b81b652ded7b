"""What a stack gives to whoever installs the core."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceOutputs:
    """The identity of a device on the site.

    Attributes:
        name: of its thing.
    """

    name: str
    certificate_pem: str
    private_key_pem: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """The outputs of a stack that stands.

    Attributes:
        stack: its name.
        region: where it is.
        bucket: name of the bucket that holds the compose file.
        certificate_pem: of the core.
        private_key_pem: of the core's certificate.
        thing_arn: the core's identity.
        endpoint: host of IoT Core's data endpoint, with Amazon Trust Services' certificates.
        channel: the first IoT Analytics channel; empty where there is none. Here that of the raw readings.
        kinesis_streams: the Kinesis data streams; here the first one takes the aggregates.
        devices: those on the site.
        group_ca_pem: certificate of the group's authority, by which devices know the core; empty without devices.
    """

    stack: str
    region: str
    bucket: str
    certificate_pem: str
    private_key_pem: str = field(repr=False)
    thing_arn: str
    endpoint: str
    channel: str
    kinesis_streams: tuple[str, ...]
    devices: tuple[DeviceOutputs, ...] = ()
    group_ca_pem: str = ""

    def to_json(self) -> dict[str, Any]:
        """As an object of JSON."""
        plain = asdict(self)
        lists = {name: list(plain[name]) for name in ("kinesis_streams", "devices")}
        return {**plain, **lists}
