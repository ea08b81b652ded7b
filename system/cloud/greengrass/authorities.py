"""The authorities of groups: each has one, by which devices know the brokers of its cores.

AWS does not document how a core gets the certificate of its broker. Here it asks for one at an address of our own, and
shows its certificate: the broker's has the same key.
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

from cryptography import x509  # type: ignore[import-not-found,unused-ignore]
from cryptography.hazmat.primitives import (  # type: ignore[import-not-found,unused-ignore]
    hashes,
    serialization,
)
from cryptography.hazmat.primitives.asymmetric import (  # type: ignore[import-not-found,unused-ignore]
    ec,
)
from localstack.aws.api import RequestContext

from system.cloud.greengrass import errors
from system.cloud.greengrass.definitions import found, store_of
from system.cloud.greengrass.kinds import GROUP
from system.cloud.greengrass.store import Authority, GreengrassStore
from system.cloud.service import Answer, Handler, Request

AUTHORITY_DAYS = 3650
EXPIRY_MS_DEFAULT = 7 * 24 * 3600 * 1000
EXPIRY_MS_MAX = 30 * 24 * 3600 * 1000
ISSUED_EARLIER = timedelta(hours=1)
"""A machine whose clock is slow takes the certificate all the same."""


def create_authority(context: RequestContext, request: Request) -> Answer:
    """Give a group an authority; a group that has one gets another in its place."""
    group = found(context, GROUP, request["GroupId"])
    identity = str(uuid.uuid4())
    authority = _make_authority(identity, f"{group.arn}/certificateauthorities/{identity}")
    store_of(context).authorities[group.identity] = authority
    return {"GroupCertificateAuthorityArn": authority.arn}


def get_authority(context: RequestContext, request: Request) -> Answer:
    """The authority of a group."""
    authority = store_of(context).authorities.get(request["GroupId"])
    if authority is None or authority.identity != request["CertificateAuthorityId"]:
        raise errors.resource_not_found("That certificate authority does not exist.")
    return {**_described(authority), "PemEncodedCertificate": authority.certificate}


def list_authorities(context: RequestContext, request: Request) -> Answer:
    """The authorities of a group: one or none."""
    found(context, GROUP, request["GroupId"])
    authority = store_of(context).authorities.get(request["GroupId"])
    listed = [_described(authority)] if authority else []
    return {"GroupCertificateAuthorities": listed}


def get_expiry(context: RequestContext, request: Request) -> Answer:
    """How long certificates of a group's authority are good."""
    group = found(context, GROUP, request["GroupId"]).identity
    expiry = store_of(context).certificate_expiry.get(group, EXPIRY_MS_DEFAULT)
    return {
        "GroupId": group,
        "CertificateAuthorityExpiryInMilliseconds": str(AUTHORITY_DAYS * 24 * 3600 * 1000),
        "CertificateExpiryInMilliseconds": str(expiry),
    }


def update_expiry(context: RequestContext, request: Request) -> Answer:
    """Set how long certificates are good, as those of AWS: it is noted, and nothing here expires by it."""
    group = found(context, GROUP, request["GroupId"]).identity
    written = request.get("CertificateExpiryInMilliseconds") or ""
    if not written.isdecimal() or not EXPIRY_MS_DEFAULT <= int(written) <= EXPIRY_MS_MAX:
        raise errors.invalid_input(
            f"CertificateExpiryInMilliseconds must be {EXPIRY_MS_DEFAULT} to {EXPIRY_MS_MAX}."
        )
    store_of(context).certificate_expiry[group] = int(written)
    return get_expiry(context, request)


def issue(
    store: GreengrassStore, group: str, *, thing: str, certificate: str, names: list[str]
) -> dict[str, str]:
    """A certificate for the broker of a core; the same request gets the same one.

    Args:
        group: id; without an authority it gets one.
        thing: ARN of the core's.
        certificate: of the core, PEM.
        names: hosts and addresses by which the broker is reached.

    Raises:
        KeyError: there is no such group.
        ValueError: that is no certificate.
    """
    arn = store.versioned.get(GROUP.name, {})[group].arn
    if group not in store.authorities:
        identity = str(uuid.uuid4())
        store.authorities[group] = _make_authority(
            identity, f"{arn}/certificateauthorities/{identity}"
        )
    authority, name = store.authorities[group], thing.rpartition("/")[2]
    hosts = sorted({*names, name, *_known_hosts(store.connectivity.get(name, {}))})
    request = "\n".join([certificate, *hosts])
    if request not in authority.issued:
        authority.issued[request] = _issue(authority, name, certificate, hosts)
    return {"certificate": authority.issued[request], "authority": authority.certificate}


def _known_hosts(connectivity: Mapping[str, Any]) -> list[str]:
    """Where the core can be reached, as the cloud was told."""
    return [
        each["HostAddress"]
        for each in connectivity.get("ConnectivityInfo", [])
        if each.get("HostAddress")
    ]


def _described(authority: Authority) -> dict[str, str]:
    return {
        "GroupCertificateAuthorityArn": authority.arn,
        "GroupCertificateAuthorityId": authority.identity,
    }


def _make_authority(identity: str, arn: str) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Greengrass group {identity}")
    builder = (
        _builder(name, name, key.public_key(), AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    encoded = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Authority(
        identity=identity,
        arn=arn,
        certificate=_pem(builder.sign(key, hashes.SHA256())),
        key=encoded.decode(),
    )


def _issue(authority: Authority, name: str, certificate: str, hosts: list[str]) -> str:
    key = serialization.load_pem_private_key(authority.key.encode(), None)
    issuer = x509.load_pem_x509_certificate(authority.certificate.encode())
    public_key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    # While a core runs nobody would ask for another one, so it is good for as long as the authority.
    builder = (
        _builder(_name(name), issuer.subject, public_key, AUTHORITY_DAYS - 1)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        .add_extension(
            x509.SubjectAlternativeName([_alternative(host) for host in hosts]), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
    )
    return _pem(builder.sign(key, hashes.SHA256()))


def _builder(subject: Any, issuer: Any, public_key: Any, days: int) -> Any:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - ISSUED_EARLIER)
        .not_valid_after(now + timedelta(days=days))
    )


def _name(common: str) -> Any:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common[:64])])


def _alternative(host: str) -> Any:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, signs_certificates: bool) -> Any:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: Any) -> str:
    encoded: bytes = certificate.public_bytes(serialization.Encoding.PEM)
    return encoded.decode()


TABLE: dict[str, Handler] = {
    "CreateGroupCertificateAuthority": create_authority,
    "GetGroupCertificateAuthority": get_authority,
    "ListGroupCertificateAuthorities": list_authorities,
    "GetGroupCertificateConfiguration": get_expiry,
    "UpdateGroupCertificateConfiguration": update_expiry,
}
