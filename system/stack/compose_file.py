"""The compose file of the managed container: a container with Docker, a process where there is none."""

from typing import Any

import yaml

from system.stack.parameters import StackParameters

SERVICE = "dashboard"
IMAGE = "stream-chaos-dashboard"
CONTAINER_PORT = 5000
CORE = "greengrass"
"""The core's name on the network, as the page's default address has it."""

NETWORK = "greengrass"
"""The network of the core's own compose file, which the managed container joins."""

ADDRESS = "${GREENGRASS_PUBLISH_ADDRESS:-0.0.0.0}"
"""Where the page is published; like network and image it is a matter of whoever runs the core."""


def compose_file(parameters: StackParameters) -> str:
    """The file, the same text for the same parameters."""
    # A dollar is written twice, for whoever reads a compose file puts variables in.
    own = {name: value.replace("$", "$$") for name, value in parameters.dashboard.items()}
    path = f"{parameters.aggregate_api_port}/api/v1/aggregate"
    service = {
        "image": f"${{GREENGRASS_DASHBOARD_IMAGE:-{IMAGE}}}",
        # One that was built here is in no registry.
        "pull_policy": "missing",
        "restart": "always",
        "ports": [f"{ADDRESS}:{parameters.dashboard_port}:{CONTAINER_PORT}"],
        "networks": [NETWORK],
        "environment": {"AGGREGATE_URL": f"http://{CORE}:{path}", **own},
        # Without containers there is neither network nor mapping of ports.
        "x-process": {
            "command": "{python} -m system.dashboard",
            "environment": {
                "AGGREGATE_URL": f"http://127.0.0.1:{path}",
                **own,
                "PORT": str(parameters.dashboard_port),
            },
        },
    }
    document: dict[str, Any] = {
        "services": {SERVICE: service},
        "networks": {NETWORK: {"external": True, "name": f"${{GREENGRASS_NETWORK:-{NETWORK}}}"}},
    }
    text: str = yaml.safe_dump(document, sort_keys=False, width=120)
    return text
