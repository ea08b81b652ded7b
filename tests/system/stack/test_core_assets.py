"""What a core needs on its own machine."""

import hashlib
import json
import ssl
import stat
from pathlib import PurePosixPath

import pytest

from system.greengrass.v1.configuration import load_configuration
from system.stack import write_core_assets

pytestmark = pytest.mark.localstack

# Published by Amazon Trust Services.
AMAZON_ROOT_CA_1 = "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e"


@pytest.fixture(scope="module")
def outputs(open_workshop, tmp_path_factory):
    with open_workshop(tmp_path_factory.mktemp("stack")) as workshop:
        yield workshop.stack().deploy().outputs


def test_certificate_and_key_belong_together(outputs, tmp_path):
    write_core_assets(outputs, tmp_path, daemon_port=8000)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_cert_chain(tmp_path / "certs/certificate.pem", tmp_path / "certs/private.key")


def test_the_private_key_is_its_owner_s(outputs, tmp_path):
    write_core_assets(outputs, tmp_path, daemon_port=8000)
    assert stat.S_IMODE((tmp_path / "certs/private.key").stat().st_mode) == 0o600


def test_the_root_certificate_is_amazon_s(outputs, tmp_path):
    write_core_assets(outputs, tmp_path, daemon_port=8000)
    der = ssl.PEM_cert_to_DER_cert((tmp_path / "certs/root.ca.pem").read_text().strip())
    assert hashlib.sha256(der).hexdigest() == AMAZON_ROOT_CA_1


def test_the_core_understands_its_configuration(outputs, tmp_path):
    write_core_assets(outputs, tmp_path, daemon_port=18000)
    found = load_configuration(tmp_path / "config/config.json")
    assert found.thing.name == "proof"
    assert found.daemon_port == 18000
    assert found.warnings == ()


def test_a_container_s_core_finds_its_files_where_they_are_mounted(outputs, tmp_path):
    write_core_assets(outputs, tmp_path, daemon_port=8000, seen_as=PurePosixPath("/greengrass"))
    written = json.loads((tmp_path / "config/config.json").read_text())
    principals = written["crypto"]["principals"]
    assert principals["IoTCertificate"] == {
        "privateKeyPath": "file:///greengrass/certs/private.key",
        "certificatePath": "file:///greengrass/certs/certificate.pem",
    }


def test_a_device_can_show_its_certificate_and_know_the_core(outputs, tmp_path):
    write_core_assets(outputs, tmp_path, daemon_port=8000)
    folder = tmp_path / "certs/devices/proof_device"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_cert_chain(folder / "certificate.pem", folder / "private.key")
    context.load_verify_locations(folder / "group.ca.pem")
    (authority,) = context.get_ca_certs()
    assert "Greengrass group" in str(authority["subject"])
    assert stat.S_IMODE((folder / "private.key").stat().st_mode) == 0o600
    core = (tmp_path / "certs/certificate.pem").read_text()
    assert (folder / "certificate.pem").read_text() != core


def test_what_is_there_is_replaced(outputs, tmp_path):
    for port in (8000, 8001):
        write_core_assets(outputs, tmp_path, daemon_port=port)
    assert load_configuration(tmp_path / "config/config.json").daemon_port == 8001
    files = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(files) == [
        "certs/certificate.pem",
        "certs/devices/proof_device/certificate.pem",
        "certs/devices/proof_device/group.ca.pem",
        "certs/devices/proof_device/private.key",
        "certs/private.key",
        "certs/root.ca.pem",
        "config/config.json",
    ]
