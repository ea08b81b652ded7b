"""Provisioning: the cloud side of a site as data, and what brings the cloud there and away again.

stack = Stack(StackParameters(), Cloud(url, "us-east-1"), state_file, packer)
deployed = stack.deploy(print)
write_core_assets(deployed.outputs, root, daemon_port=8000)
"""

from system.stack.core_assets import write_core_assets
from system.stack.errors import BadInput, BundleUnavailable, StackFailed
from system.stack.outputs import Outputs
from system.stack.parameters import StackParameters, load_parameters
from system.stack.stack import Deployed, Difference, Stack

__all__ = [
    "BadInput",
    "BundleUnavailable",
    "Deployed",
    "Difference",
    "Outputs",
    "Stack",
    "StackFailed",
    "StackParameters",
    "load_parameters",
    "write_core_assets",
]
