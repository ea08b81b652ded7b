"""The environment of a function, by the names that `greengrasssdk` imports."""

import os

SHADOW_FUNCTION_ARN = os.environ.get(
    "SHADOW_FUNCTION_ARN", "arn:aws:lambda:::function:GGShadowService"
)
ROUTER_FUNCTION_ARN = os.environ.get("ROUTER_FUNCTION_ARN", "arn:aws:lambda:::function:GGRouter")
SECRETS_MANAGER_FUNCTION_ARN = os.environ.get(
    "SECRETS_MANAGER_FUNCTION_ARN", "arn:aws:lambda:::function:GGSecretManager:1"
)
MY_FUNCTION_ARN = os.environ.get("MY_FUNCTION_ARN")
AUTH_TOKEN = os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
ENCODING_TYPE = os.environ.get("ENCODING_TYPE", "json")
GG_DAEMON_PORT = int(os.environ.get("GG_DAEMON_PORT", "8000"))
GGC_MAX_INTERFACE_VERSION = "1.5"
