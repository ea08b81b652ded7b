"""A stack: bring its resources into the cloud, compare, take them away, and say what a core needs to know."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from system.aws.clients import Cloud
from system.stack.adapters.port import Adapter, Clients, Counts
from system.stack.adapters.registry import all_adapters
from system.stack.bundles import Bundle, Packer, bundle
from system.stack.changing import CLOUD_ERRORS, Change, Changing, Progress, reason
from system.stack.errors import BadInput, StackFailed
from system.stack.greengrass_group import AUTHORITY_KEY, certificate_key, function_key
from system.stack.names import Names
from system.stack.outputs import DeviceOutputs, Outputs
from system.stack.parameters import StackParameters
from system.stack.policies import channel_key, kinesis_key
from system.stack.resource import Attributes, Kind, Resource, changes, ordered
from system.stack.state import Begun, Keys, State
from system.stack.template import template

WORKERS = 8
NOTHING_PACKED = Bundle(content=b"", sha256="")
# These get another identity when they are updated, so whatever refers to them changes too.
RENEWED = frozenset(
    {
        Kind.CERTIFICATE,
        Kind.CORE_DEFINITION,
        Kind.FUNCTION_DEFINITION,
        Kind.CONNECTOR_DEFINITION,
        Kind.SUBSCRIPTION_DEFINITION,
        Kind.LOGGER_DEFINITION,
        Kind.DEVICE_DEFINITION,
        Kind.GROUP_VERSION,
    }
)

TOLD = frozenset({Kind.BUCKET, Kind.THING, Kind.CERTIFICATE, Kind.CERTIFICATE_AUTHORITY})
"""What the outputs are made from."""


def _silent(_line: str) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """What a deployment did.

    Attributes:
        changed: everything that was created, updated or removed; empty when all was as it should be.
        outputs: of the stack.
    """

    changed: tuple[Change, ...]
    outputs: Outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a deployment would do to one resource.

    Attributes:
        action: `create`, `update` or `remove`.
        resource: as `kind name`.
        properties: of an update; for each property that differs, how it is and how it should be.
    """

    action: str
    resource: str
    properties: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As an object of JSON."""
        properties = {
            name: {"is": live, "should_be": wanted}
            for name, (live, wanted) in self.properties.items()
        }
        return {"action": self.action, "resource": self.resource, "properties": properties}


class Stack:
    """The stack with some parameters, in one cloud.

    Args:
        parameters: of the stack.
        cloud: where it is; its region is the parameters' one.
        state: file for what cannot be read back from the cloud, of this stack alone.
        packer: gives the functions' bundles when they are needed; asked by several threads.
        workers: how many requests are made at once.

    Raises:
        BadInput: cloud and parameters name different regions.
    """

    def __init__(
        self,
        parameters: StackParameters,
        cloud: Cloud,
        state: Path,
        packer: Packer,
        *,
        workers: int = WORKERS,
    ) -> None:
        if cloud.region != parameters.region:
            problem = f"the stack is for {parameters.region}, the cloud is {cloud.region}"
            raise BadInput("region", [problem])
        self._parameters = parameters
        self._names = Names(parameters)
        self._packer = packer
        self._workers = workers
        self._clients = Clients(cloud)
        kept = State(state)
        self._keys, self._begun = Keys(kept), Begun(kept)
        self._adapters = all_adapters(self._clients, parameters, keys=self._keys)

    def deploy(self, progress: Progress = _silent) -> Deployed:
        """Make everything as it should be; nothing happens where it is.

        Args:
            progress: told of each change; called from several threads.

        Raises:
            StackFailed: something could not be had. What was created is gone again, what was updated is as before.
            BundleUnavailable: a function cannot be packed; nothing was done.
        """
        changing = self._changing(template(self._parameters, self._bundles()), progress)
        changing.bring()
        unwanted = {each.key: each for each in self._no_longer_wanted()}
        self._remove(changing, unwanted, "it stands, but what it no longer wants is still there")
        outputs = self._outputs(changing.attributes)
        return Deployed(changed=tuple(changing.done), outputs=outputs)

    def diff(self) -> list[Difference]:
        """What a deployment would change.

        Raises:
            StackFailed: the cloud could not be asked.
            BundleUnavailable: a function cannot be packed.
        """
        attributes: dict[str, Attributes] = {}
        found: list[Difference] = []
        for resource in ordered(template(self._parameters, self._bundles())):
            found += self._difference(resource, attributes)
        unwanted = self._no_longer_wanted()
        return found + [Difference(action="remove", resource=str(each)) for each in unwanted]

    def outputs(self) -> Outputs:
        """What a core needs to know.

        Raises:
            StackFailed: the stack does not stand, or the cloud could not be asked.
        """
        attributes: dict[str, Attributes] = {}
        for resource in self._unpacked():
            if resource.kind in TOLD:
                live = self._read(resource)
                if live is None:
                    raise StackFailed(str(resource), "it is not there; deploy the stack first")
                attributes[resource.key] = live.attributes
        return self._outputs(attributes)

    def destroy(self, progress: Progress = _silent) -> list[str]:
        """Take everything away, also what a deployment that was killed left half-made.

        Returns:
            What was there.

        Raises:
            StackFailed: something could not be taken away; the rest is gone.
        """
        resources = [*self._unpacked(), *self._no_longer_wanted()]
        changing = self._changing(resources, progress)
        return self._remove(changing, changing.resources, "not all of it is gone")

    def _bundles(self) -> dict[str, Bundle]:
        functions = self._functions
        with ThreadPoolExecutor(len(functions) or 1, thread_name_prefix="pack") as pool:
            packed = pool.map(self._packer, functions)
            return {name: bundle(each) for name, each in zip(functions, packed, strict=True)}

    @property
    def _functions(self) -> list[str]:
        return [each.name for each in self._names.application.functions]

    def _unpacked(self) -> list[Resource]:
        """The resources, for finding them."""
        return template(self._parameters, dict.fromkeys(self._functions, NOTHING_PACKED))

    def _changing(self, resources: list[Resource], progress: Progress) -> Changing:
        return Changing(
            resources={each.key: each for each in resources},
            adapters=self._adapters,
            begun=self._begun,
            workers=self._workers,
            progress=progress,
        )

    def _no_longer_wanted(self) -> list[Resource]:
        """What earlier parameters named: streams, channels and functions, whose names depend on the parameters."""
        names = self._names
        functions = [names.function(each) for each in names.application.functions]
        return [
            *self._unwanted(Kind.KINESIS_STREAM, names.kinesis_streams, kinesis_key),
            *self._unwanted(Kind.CHANNEL, names.channels, channel_key),
            *self._unwanted(Kind.FUNCTION, functions, function_key),
        ]

    def _unwanted(
        self, kind: Kind, wanted: Collection[str], key: Callable[[str], str]
    ) -> list[Resource]:
        adapter = cast(Counts, self._adapters[kind])
        try:
            found = list(adapter.unwanted(wanted))
        except CLOUD_ERRORS as error:
            raise StackFailed(str(kind), reason(error)) from error
        return [Resource(key=key(name), kind=kind, name=name, properties={}) for name in found]

    def _remove(
        self, changing: Changing, resources: Mapping[str, Resource], otherwise: str
    ) -> list[str]:
        gone, left = changing.remove(resources)
        if left:
            raise StackFailed(f"Stack {self._names.stack}", otherwise, left=left)
        return gone

    def _difference(
        self, resource: Resource, attributes: dict[str, Attributes]
    ) -> list[Difference]:
        """What would change of one resource; its attributes are noted if they would stay."""
        wanted = resource.resolved(attributes)
        live = self._read(wanted)
        if live is None:
            return [Difference(action="create", resource=str(resource))]
        names = changes(wanted.properties, live.properties)
        if not (names and resource.kind in RENEWED):
            attributes[resource.key] = live.attributes
        properties = {
            name: (live.properties.get(name), wanted.properties.get(name)) for name in names
        }
        difference = Difference(action="update", resource=str(resource), properties=properties)
        return [difference] if names else []

    def _read(self, resource: Resource) -> Any:
        adapter: Adapter = self._adapters[resource.kind]
        try:
            return adapter.read(resource)
        except CLOUD_ERRORS as error:
            raise StackFailed(str(resource), reason(error)) from error

    def _outputs(self, attributes: Mapping[str, Attributes]) -> Outputs:
        try:
            endpoint = self._clients.of("iot").describe_endpoint(endpointType="iot:Data-ATS")
        except CLOUD_ERRORS as error:
            raise StackFailed("IoT data endpoint", reason(error)) from error
        return Outputs(
            stack=self._names.stack,
            region=self._parameters.region,
            bucket=attributes["bucket"]["name"],
            certificate_pem=attributes["certificate"]["pem"],
            private_key_pem=self._private_key(self._names.stack, attributes["certificate"]),
            thing_arn=attributes["thing"]["arn"],
            endpoint=endpoint["endpointAddress"],
            channel=next(iter(self._names.channels), ""),
            kinesis_streams=self._names.kinesis_streams,
            devices=tuple(
                self._device(each, attributes[certificate_key(each)])
                for each in self._names.application.devices
            ),
            group_ca_pem=attributes.get(AUTHORITY_KEY, {}).get("pem", ""),
        )

    def _device(self, device: str, certificate: Attributes) -> DeviceOutputs:
        name = self._names.device(device)
        return DeviceOutputs(
            name=name,
            certificate_pem=certificate["pem"],
            private_key_pem=self._private_key(name, certificate),
        )

    def _private_key(self, thing: str, certificate: Attributes) -> str:
        """The key of a thing's certificate.

        Raises:
            StackFailed: it is not known.
        """
        key = self._keys.private_key(certificate["id"])
        if key is None:
            mend = "its private key is not known on this machine; deploy to have another one issued"
            raise StackFailed(f"{Kind.CERTIFICATE} {thing}", mend)
        return key
