"""Where the files are that go into images: in an installed package inside this one, in a checkout in their folders."""

import os
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

from harness.environments.errors import EnvironmentUnavailable

DOCKERFILE = "Dockerfile"
CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")


def images_folder() -> Path:
    """The folder of this package."""
    return Path(__file__).parent


def tools_locks() -> Path:
    """The locks of the tools, which images are made from as well."""
    return Path(str(resources.files("harness.tools") / "locks"))


def package_folder(name: str) -> Path:
    """The folder of a package of ours, found without importing it."""
    spec = find_spec(name)
    assert spec is not None and spec.submodule_search_locations, "our distribution has it"
    return Path(next(iter(spec.submodule_search_locations)))


def core_folder(package: Path | None = None) -> Path:
    """The folder `gg_docker`.

    Args:
        package: folder of this package.

    Raises:
        EnvironmentUnavailable: it is neither inside this package nor beside `harness`.
    """
    here = package or images_folder()
    places = (here / "gg_docker", here.parents[1] / "gg_docker")
    for place in places:
        if (place / DOCKERFILE).is_file():
            return place
    raise EnvironmentUnavailable(
        f"The core's Dockerfile is neither in {places[0]} nor in {places[1]}",
        "Install stream-chaos again",
    )


def authorities() -> Path | None:
    """The host's own certificate authorities, where the machine says that it has some: behind a proxy of its own.

    A build reaches registries of packages as we do, so it is given them; they stay in no image of ours.
    """
    for variable in CERTIFICATES:
        place = os.environ.get(variable, "")
        if place and Path(place).is_file():
            return Path(place)
    return None
