"""The authorities of groups, and the certificates that they issue to brokers."""

import socket
import ssl
import threading

import pytest
import requests
from botocore.exceptions import ClientError

pytestmark = pytest.mark.localstack

CORE = "arn:aws:iot:us-east-1:000000000000:thing/core"


@pytest.fixture
def greengrass(connect):
    return connect("greengrass")


@pytest.fixture
def group(greengrass, named):
    return greengrass.create_group(Name=named)["Id"]


@pytest.fixture(scope="module")
def core(connect, tmp_path_factory):
    """Certificate and key of a core, as texts, and the key as a file."""
    made = connect("iot").create_keys_and_certificate(setAsActive=True)
    key = tmp_path_factory.mktemp("core") / "private.key"
    key.write_text(made["keyPair"]["PrivateKey"])
    return made["certificatePem"], key


@pytest.fixture
def ask(localstack):
    def asked(group, certificate, names=("127.0.0.1", "greengrass"), thing=CORE):
        url = f"{localstack.endpoint}/_aws/greengrass/groups/{group}/broker-certificate"
        request = {"thing": thing, "certificate": certificate, "names": list(names)}
        return requests.post(url, json=request, timeout=30)

    return asked


def authority_of(greengrass, group):
    (listed,) = greengrass.list_group_certificate_authorities(GroupId=group)[
        "GroupCertificateAuthorities"
    ]
    return greengrass.get_group_certificate_authority(
        GroupId=group, CertificateAuthorityId=listed["GroupCertificateAuthorityId"]
    )


def test_a_group_gets_an_authority_and_another_one_takes_its_place(greengrass, group):
    none = greengrass.list_group_certificate_authorities(GroupId=group)
    assert none["GroupCertificateAuthorities"] == []
    first = greengrass.create_group_certificate_authority(GroupId=group)
    found = authority_of(greengrass, group)
    assert found["GroupCertificateAuthorityArn"] == first["GroupCertificateAuthorityArn"]
    greengrass.create_group_certificate_authority(GroupId=group)
    assert (
        authority_of(greengrass, group)["PemEncodedCertificate"] != found["PemEncodedCertificate"]
    )


def test_an_authority_that_is_not_there_is_not_found(greengrass, group):
    with pytest.raises(ClientError, match="ResourceNotFound"):
        greengrass.get_group_certificate_authority(GroupId=group, CertificateAuthorityId="none")
    with pytest.raises(ClientError, match="IdNotFound"):
        greengrass.create_group_certificate_authority(GroupId="none")


def test_certificates_are_good_for_seven_to_thirty_days(greengrass, group):
    found = greengrass.get_group_certificate_configuration(GroupId=group)
    assert found["CertificateExpiryInMilliseconds"] == "604800000"
    changed = greengrass.update_group_certificate_configuration(
        GroupId=group, CertificateExpiryInMilliseconds="2592000000"
    )
    assert changed["CertificateExpiryInMilliseconds"] == "2592000000"
    with pytest.raises(ClientError, match="must be"):
        greengrass.update_group_certificate_configuration(
            GroupId=group, CertificateExpiryInMilliseconds="1"
        )


def shake_hands(server_certificate, key, authority, host):
    """A client that verifies what a server shows it."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(server_certificate, key)
    asking = ssl.create_default_context(cadata=authority)
    # What Python 3.13 asks for by default.
    asking.verify_flags |= ssl.VERIFY_X509_STRICT
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            plain, _address = listening.accept()
            with plain, serving.wrap_socket(plain, server_side=True) as accepted:
                accepted.recv(1)

        served = threading.Thread(target=serve, daemon=True)
        served.start()
        with (
            socket.create_connection(listening.getsockname(), 10) as plain,
            asking.wrap_socket(plain, server_hostname=host) as connection,
        ):
            connection.sendall(b".")
        served.join(10)


@pytest.mark.parametrize("host", ["127.0.0.1", "greengrass", "core", "pump-house.example"])
def test_a_broker_s_certificate_is_by_the_authority_and_names_where_it_is_reached(
    greengrass, group, core, ask, tmp_path, host
):
    certificate, key = core
    information = {"Id": "1", "HostAddress": "pump-house.example", "PortNumber": 8883}
    greengrass.update_connectivity_info(ThingName="core", ConnectivityInfo=[information])
    given = ask(group, certificate).json()
    assert given["authority"] == authority_of(greengrass, group)["PemEncodedCertificate"]
    shown = tmp_path / "broker.pem"
    shown.write_text(given["certificate"])
    shake_hands(shown, key, given["authority"], host)


def test_who_asks_again_gets_the_same_certificate(group, core, ask):
    certificate, _key = core
    first = ask(group, certificate).json()
    assert ask(group, certificate).json() == first
    assert ask(group, certificate, ["elsewhere"]).json()["certificate"] != first["certificate"]


def test_an_authority_ends_with_its_group(greengrass, group, core, ask):
    certificate, _key = core
    greengrass.create_group_certificate_authority(GroupId=group)
    greengrass.delete_group(GroupId=group)
    assert ask(group, certificate).status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"certificate": "none"}, {"names": [""]}, {"names": [1]}, {"thing": "core"}]
)
def test_a_request_that_makes_no_sense_is_refused(group, core, ask, wrong):
    answer = ask(group, **{"certificate": core[0], **wrong})
    assert answer.status_code == 400
    assert answer.json()["message"]
