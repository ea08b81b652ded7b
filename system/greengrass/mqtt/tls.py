"""TLS of the broker: it shows its own certificate, and lets in whoever has the key of a device's."""

import hashlib
import ssl
from collections.abc import Iterable
from pathlib import Path

from system.greengrass.mqtt.settings import Device


def server_context(certificate: Path, key: Path, devices: Iterable[Device]) -> ssl.SSLContext:
    """Accepts exactly the certificates of the devices, whoever issued them.

    Raises:
        OSError: certificate or key cannot be read, or do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.verify_mode = ssl.CERT_REQUIRED
    # A device's certificate is trusted itself: the cloud issued it, and the core has no certificate of that authority.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    for device in devices:
        context.load_verify_locations(cadata=device.certificate)
    return context


def fingerprint(certificate: bytes) -> str:
    """What tells a certificate from all others.

    Args:
        certificate: DER.
    """
    return hashlib.sha256(certificate).hexdigest()


def by_fingerprint(devices: Iterable[Device]) -> dict[str, Device]:
    """The devices by the fingerprints of their certificates."""
    return {
        fingerprint(ssl.PEM_cert_to_DER_cert(device.certificate.strip())): device
        for device in devices
    }
