"""Where a site keeps its stack, so that `stream-chaos stack` goes on with the one that `up` deployed."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from system.aws.clients import Cloud
from system.stack import Stack, StackParameters, load_parameters


@dataclass(frozen=True, slots=True)
class StackFiles:
    """The files of a site's stack.

    Attributes:
        directory: of the site.
    """

    directory: Path

    def state(self, parameters: StackParameters) -> Path:
        """What of a stack cannot be read back from the cloud; other region or name, other stack."""
        return self.directory / f"stack-{parameters.region}-{parameters.name}.json"

    @property
    def parameters(self) -> Path:
        """The parameters that the stack was deployed with."""
        return self.directory / "stack-parameters.json"

    def keep(self, parameters: StackParameters) -> None:
        """Write the parameters down, before the stack is deployed."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.parameters.write_text(json.dumps(parameters.to_json(), indent=1))

    def kept(self) -> StackParameters:
        """The parameters that were written down.

        Raises:
            BadInput: there are none.
        """
        return load_parameters(self.parameters)

    def stack(
        self, parameters: StackParameters, endpoint: str, packer: Callable[[str], bytes]
    ) -> Stack:
        """The site's stack.

        Args:
            parameters: of the stack.
            endpoint: URL of LocalStack itself, past every link.
            packer: gives the functions' bundles.
        """
        cloud = Cloud(endpoint, parameters.region)
        return Stack(parameters, cloud, self.state(parameters), packer)
