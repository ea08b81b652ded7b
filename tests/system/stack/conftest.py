"""Stacks in the session's LocalStack, in a region that nobody else uses, and what plain boto3 finds of them."""

import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError

from harness.tools.localstack import ensure_localstack
from system.aws.clients import Cloud
from system.stack import Stack, StackParameters

REGION = "ap-southeast-2"
ACCOUNT = "000000000000"
DEFINITIONS = ("core", "function", "connector", "subscription", "logger", "device", "resource")


def small_packer(edition: str = "1") -> Callable[[str], bytes]:
    """A packer whose bundles are quickly uploaded."""

    def pack(function: str) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as written:
            entry = zipfile.ZipInfo(f"{function}.py", (1980, 1, 1, 0, 0, 0))
            written.writestr(entry, f"# edition {edition}\ndef main(event, context):\n    pass\n")
        return buffer.getvalue()

    return pack


@pytest.fixture(scope="session")
def plain(localstack) -> Callable[[str], Any]:
    """Clients of plain boto3; the model of `iotanalytics` is LocalStack's own botocore's."""
    environment = ensure_localstack(print).python.parents[1]
    (data,) = environment.glob("lib/python3*/site-packages/botocore/data")
    core = botocore.session.Session()
    core.get_component("data_loader").search_paths.append(str(data))
    session = boto3.Session(botocore_session=core)
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = session.client(
                service,
                endpoint_url=localstack.endpoint,
                region_name=REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        return made[service]

    return client


@dataclass(frozen=True)
class Found:
    """What plain boto3 finds in the region."""

    client: Callable[[str], Any]

    def everything(self) -> dict[str, list[str]]:
        """Names of all that is there, whoever made it, by kind; kinds of which nothing is there are left out."""
        found = {
            **dict(self._edge()),
            **dict(self._analytics()),
            "buckets": self._of_region(self.client("s3").list_buckets()["Buckets"], "Name"),
            "roles": self._of_region(self.client("iam").list_roles()["Roles"], "RoleName"),
            "Kinesis": self.client("kinesis").list_streams()["StreamNames"],
            "functions": [
                each["FunctionName"] for each in self.client("lambda").list_functions()["Functions"]
            ],
            "service role": self.service_role(),
        }
        return {kind: sorted(names) for kind, names in found.items() if names}

    def service_role(self) -> list[str]:
        try:
            return [self.client("greengrass").get_service_role_for_account()["RoleArn"]]
        except ClientError:
            return []

    def _of_region(self, things: list[dict[str, Any]], member: str) -> list[str]:
        return [each[member] for each in things if each[member].endswith(REGION)]

    def _edge(self) -> Iterator[tuple[str, list[str]]]:
        iot, greengrass = self.client("iot"), self.client("greengrass")
        yield "things", [each["thingName"] for each in iot.list_things()["things"]]
        yield "policies", [each["policyName"] for each in iot.list_policies()["policies"]]
        certificates = iot.list_certificates()["certificates"]
        yield "certificates", [each["certificateId"] for each in certificates]
        yield "groups", [each["Name"] for each in greengrass.list_groups()["Groups"]]
        for kind in DEFINITIONS:
            listed = getattr(greengrass, f"list_{kind}_definitions")()["Definitions"]
            yield f"{kind} definitions", [each["Name"] for each in listed]

    def _analytics(self) -> Iterator[tuple[str, list[str]]]:
        for kind in ("channel", "datastore", "pipeline", "dataset"):
            answer = getattr(self.client("iotanalytics"), f"list_{kind}s")()
            yield f"{kind}s", [each[f"{kind}Name"] for each in answer[f"{kind}Summaries"]]


@pytest.fixture(scope="session")
def found(plain) -> Found:
    """What there is, seen from outside."""
    return Found(plain)


@dataclass(frozen=True)
class Shared:
    """The real cloud, whose clients all tests share: making them takes longer than what they do."""

    cloud: Cloud
    made: dict[str, Any] = field(default_factory=dict)

    @property
    def region(self) -> str:
        return self.cloud.region

    def client(self, service: str) -> Any:
        if service not in self.made:
            self.made[service] = self.cloud.client(service)
        return self.made[service]


@dataclass
class Breaking:
    """A cloud in which one call fails, once.

    Attributes:
        cloud: the real one.
        service, operation: of the call.
        named: how the thing is called that the call names; empty: any.
        carried_out: whether it fails after the cloud did it, as when the answer is lost.
        for_good: whether from then on every call fails, as when the link is cut or the deployer is killed.
    """

    cloud: Cloud
    service: str
    operation: str
    named: str = ""
    carried_out: bool = False
    for_good: bool = False
    broken: bool = field(default=False, init=False)

    @property
    def region(self) -> str:
        return self.cloud.region

    def client(self, service: str) -> Any:
        made = self.cloud.client(service)
        made.meta.events.register("provide-client-params", self._before)
        made.meta.events.register("after-call", self._after)
        return made

    def _is_the_one(self, model: Any, params: dict[str, Any] | None) -> bool:
        wanted = (self.service, self.operation) == (model.service_model.service_name, model.name)
        return wanted and not self.broken and (not self.named or self.named in str(params))

    def _before(self, params: dict[str, Any], model: Any, context: Any, **_more: Any) -> None:
        context["is the one"] = self._is_the_one(model, params)
        if self.broken and self.for_good:
            raise self._error(model)
        if context["is the one"] and not self.carried_out:
            self.broken = True
            raise self._error(model)

    def _after(self, model: Any, context: Any, **_more: Any) -> None:
        if self.carried_out and context.get("is the one"):
            self.broken = True
            raise self._error(model)

    def _error(self, model: Any) -> ClientError:
        return ClientError(
            {"Error": {"Code": "Broken", "Message": "broken by the test"}}, model.name
        )


@dataclass
class Workshop:
    """Makes stacks in the region and takes them away again."""

    cloud: Shared
    folder: Path
    name: str = "proof"

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    def breaking(self, service: str, operation: str, named: str = "", **how: bool) -> Breaking:
        """The cloud in which one call fails."""
        return Breaking(self.cloud.cloud, service, operation, named, **how)

    def packer(self, edition: str = "1") -> Callable[[str], bytes]:
        """A packer whose bundles are quickly uploaded; another edition has other bytes."""
        return small_packer(edition)

    def parameters(self, **settings: Any) -> StackParameters:
        return StackParameters(**{"name": self.name, "region": REGION, **settings})

    def stack(
        self, cloud: Any = None, packer: Callable[[str], bytes] | None = None, **settings: Any
    ) -> Stack:
        return Stack(
            self.parameters(**settings), cloud or self.cloud, self.state, packer or small_packer()
        )


@pytest.fixture(scope="session")
def open_workshop(localstack, found) -> Callable[[Path], Any]:
    """Opens a workshop for as long as a block lasts; what is left of its stacks is taken away."""
    cloud = Shared(Cloud(localstack.endpoint, REGION))

    @contextmanager
    def opened(folder: Path) -> Iterator[Workshop]:
        made = Workshop(cloud, folder)
        assert found.everything() == {}, "an earlier test left something"
        yield made
        # While a stack stands its state does, and asking for each resource takes its time.
        if made.state.exists():
            made.stack().destroy()

    return opened


@pytest.fixture
def workshop(open_workshop, tmp_path) -> Iterator[Workshop]:
    """Makes stacks; what a test leaves of them is taken away."""
    with open_workshop(tmp_path) as made:
        yield made
