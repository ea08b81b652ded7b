"""Links that go silent without a word: rules of a firewall at the edge's address, before Toxiproxy.

Toxiproxy accepts connections also while it is silent, and closes what was silent when that is over. A firewall lets
nothing through in either direction, not even the wish to connect, and when its rules are gone the connections go on
where they were: each end sends again what was not acknowledged.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from harness.environments.containers.engine import ContainerPart
from harness.environments.containers.topology import LINK, Recipe, stage
from harness.environments.errors import InjectionFailed

COMMENT = "stream-chaos"


def recipe(image: str, beside: str) -> Recipe:
    """The container that may change the rules, and does nothing else.

    Args:
        image: of the core, which has the tools.
        beside: id of the container that holds the edge's address.
    """
    return Recipe(
        title="The firewall",
        part="firewall",
        image=image,
        command=["infinity"],
        settings={
            "entrypoint": ["sleep"],
            "init": True,
            "user": "0:0",
            "cap_add": ["NET_ADMIN"],
            "network_mode": f"container:{beside}",
        },
    )


def rules(services: Sequence[str]) -> list[list[str]]:
    """What drops every packet between the edge and the links of these services."""
    ports = stage(LINK)
    told = ["-m", "comment", "--comment", COMMENT, "-j", "DROP"]
    return [
        [chain, "-p", "tcp", direction, str(ports[service]), *told]
        for service in services
        for chain, direction in (("OUTPUT", "--dport"), ("INPUT", "--sport"))
    ]


class Firewall:
    """The rules of one site.

    Args:
        part: the container that may change them.
    """

    def __init__(self, part: ContainerPart) -> None:
        self._part = part

    @contextmanager
    def silent(self, services: Sequence[str]) -> Iterator[None]:
        """Nothing gets through; leaving the block lets everything through again, and closes nothing.

        Raises:
            InjectionFailed: a rule cannot be set.
        """
        with ExitStack() as healing:
            # Whatever becomes of the first rules when a later one fails.
            healing.callback(self._change, "-D", services, missing_allowed=True)
            self._change("-I", services)
            yield

    def silent_services(self) -> list[str]:
        """The services that are cut off now.

        Raises:
            InjectionFailed: the rules cannot be listed.
        """
        listed = self._run(["iptables", "-w", "-S", "OUTPUT"])
        return [
            service
            for service, port in stage(LINK).items()
            if any(f"--dport {port} " in f"{line} " for line in listed.splitlines())
        ]

    def heal_all(self) -> None:
        """Remove every rule."""
        if services := self.silent_services():
            self._change("-D", services, missing_allowed=True)

    def _change(self, how: str, services: Sequence[str], *, missing_allowed: bool = False) -> None:
        """One call for all: between two of them a link would be half silent."""
        lines = [" ".join(["iptables", "-w", how, *rule]) for rule in rules(services)]
        joined = "; ".join(lines) if missing_allowed else " && ".join(lines)
        self._run(["sh", "-c", f"{joined}; true" if missing_allowed else joined])

    def _run(self, command: list[str]) -> str:
        status, output = self._part.run(command)
        if status:
            raise InjectionFailed(f"The firewall of the edge refuses a rule: {output.strip()}")
        return output
