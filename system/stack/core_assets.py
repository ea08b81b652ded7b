"""Writes what a core needs on its own machine: certificate, private key, root certificate and `config.json`.

And what the devices on its site need to show who they are, and to know the core.
"""

import json
from pathlib import Path, PurePosixPath
from typing import Any

import botocore

from system.real.filesystem import RealFileSystem
from system.stack.outputs import Outputs

CERTIFICATE, PRIVATE_KEY, ROOT = "certificate.pem", "private.key", "root.ca.pem"
GROUP_CA = "group.ca.pem"
DEVICES = "certs/devices"
ROOT_LABEL = '# Label: "Amazon Root CA 1"'
"""The authority that signs AWS's data endpoints."""

CERTIFICATE_BEGIN, CERTIFICATE_END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
KEEP_ALIVE_S = 600


def write_core_assets(
    outputs: Outputs, root: Path, *, daemon_port: int, seen_as: PurePosixPath | None = None
) -> None:
    """Write `certs/` and `config/config.json` below a core's root; what is there is replaced, file by file.

    The core needs nothing of what is in `certs/devices/<thing>`: that is for whoever is the device.

    Args:
        outputs: of the stack.
        root: the core's root folder; made if missing.
        daemon_port: of the core's local interface, as `coreThing.ggDaemonPort`.
        seen_as: where the core finds the folder, if elsewhere than we do, such as `/greengrass` in a container.
    """
    files = RealFileSystem(root)
    for folder in ("certs", "config"):
        files.make_folder(folder)
    files.replace(f"certs/{CERTIFICATE}", outputs.certificate_pem.encode())
    files.replace(f"certs/{PRIVATE_KEY}", outputs.private_key_pem.encode())
    files.replace(f"certs/{ROOT}", root_certificate().encode())
    _write_devices(outputs, files)
    document = core_configuration(outputs, seen_as or PurePosixPath(root.resolve()), daemon_port)
    files.replace("config/config.json", json.dumps(document, indent=2).encode() + b"\n")


def _write_devices(outputs: Outputs, files: RealFileSystem) -> None:
    for device in outputs.devices:
        folder = f"{DEVICES}/{device.name}"
        files.make_folder(folder)
        files.replace(f"{folder}/{CERTIFICATE}", device.certificate_pem.encode())
        files.replace(f"{folder}/{PRIVATE_KEY}", device.private_key_pem.encode())
        files.replace(f"{folder}/{GROUP_CA}", outputs.group_ca_pem.encode())


def core_configuration(outputs: Outputs, root: PurePosixPath, daemon_port: int) -> dict[str, Any]:
    """`config.json` as Greengrass documents it.

    Args:
        outputs: of the stack.
        root: where the core finds its root folder.
        daemon_port: of the core's local interface.
    """
    certificates = f"file://{root}/certs"
    private_key = {"privateKeyPath": f"{certificates}/{PRIVATE_KEY}"}
    return {
        "coreThing": {
            "caPath": ROOT,
            "certPath": CERTIFICATE,
            "keyPath": PRIVATE_KEY,
            "thingArn": outputs.thing_arn,
            "iotHost": outputs.endpoint,
            "ggHost": f"greengrass-ats.iot.{outputs.region}.amazonaws.com",
            "keepAlive": KEEP_ALIVE_S,
            "ggDaemonPort": daemon_port,
        },
        "runtime": {"cgroup": {"useSystemd": "no"}},
        "managedRespawn": False,
        "crypto": {
            "caPath": f"{certificates}/{ROOT}",
            "principals": {
                "SecretsManager": private_key,
                "IoTCertificate": {
                    **private_key,
                    "certificatePath": f"{certificates}/{CERTIFICATE}",
                },
            },
        },
    }


def root_certificate() -> str:
    """Amazon's root certificate, from the authorities that botocore trusts."""
    known = Path(botocore.__file__).with_name("cacert.pem").read_text()
    after = known[known.index(ROOT_LABEL) :]
    begin, end = after.index(CERTIFICATE_BEGIN), after.index(CERTIFICATE_END)
    return f"{after[begin : end + len(CERTIFICATE_END)]}\n"
