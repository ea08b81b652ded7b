"""Whatever proxy this machine has, what listens on its loopback is reached without it."""

import os

from harness.environments.site.ports import LOOPBACK

NOT_PROXIED = (LOOPBACK, "localhost")


def reach_loopback_directly() -> None:
    """Tell this process and all that it starts, in the variables that HTTP clients read."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host.strip() for host in os.environ.get(name, "").split(",")]
        missing = [host for host in NOT_PROXIED if host not in hosts]
        if "*" not in hosts and missing:
            os.environ[name] = ",".join([*filter(None, hosts), *missing])
