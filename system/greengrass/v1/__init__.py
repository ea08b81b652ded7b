"""A Greengrass v1 core: config.json, group deployments, Lambda functions, the local HTTP interface, connectors."""
