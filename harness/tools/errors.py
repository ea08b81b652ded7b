"""What can keep a tool from being there."""

from harness.environments.errors import EnvironmentUnavailable


class ToolUnavailable(EnvironmentUnavailable):
    """A tool is neither on this machine nor could it be installed."""
