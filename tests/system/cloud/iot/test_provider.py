"""IoT Core: moto's, with what is mended."""

import pytest

pytestmark = pytest.mark.localstack


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        ("iot:Data-ATS", "-ats.iot.us-east-1.amazonaws.com"),
        ("iot:Data", ".iot.us-east-1.amazonaws.com"),
        ("iot:CredentialProvider", ".credentials.iot.us-east-1.amazonaws.com"),
    ],
)
def test_an_account_has_one_endpoint_of_a_kind_and_it_stays(connect, kind, ending):
    first, second = (
        connect("iot").describe_endpoint(endpointType=kind)["endpointAddress"] for _ in range(2)
    )
    assert first == second
    assert first.endswith(ending)
    assert first.removesuffix(ending).isalnum()


def test_accounts_and_regions_have_endpoints_of_their_own(connect):
    clients = [
        connect("iot"),
        connect("iot", region="eu-west-1"),
        connect("iot", account="000000000042"),
    ]
    hosts = {
        each.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"] for each in clients
    }
    assert len(hosts) == 3
