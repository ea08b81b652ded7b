"""The Greengrass core: functions and connectors as processes, a local message router, logs, deployments.

`supervision`, `router` and `logs` know nothing of Greengrass v1: they keep processes alive, deliver messages and
keep logs. `v1` makes a v1 core of them. `runtime` is what function processes import.
"""
