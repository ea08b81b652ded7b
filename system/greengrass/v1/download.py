"""Brings a deployment to this machine: definitions, code, and as the last step the document that names them.

A bundle is kept by function and checksum, so a new deployment fetches only what changed, and the old one stays whole
until the document is replaced.
"""

import base64
import hashlib
import io
import logging
import os
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from system.greengrass.v1.arns import parse_function_arn
from system.greengrass.v1.cloud_group import Announcement, CloudGroup, CloudUnreachable
from system.greengrass.v1.devices import download_for_devices
from system.greengrass.v1.document import FORMAT

log = logging.getLogger(__name__)

BUNDLES = "lambda"
BUNDLE_BYTES_MAX = 256 * 1024 * 1024
DOWNLOAD_TIMEOUT = urllib3.Timeout(connect=3, read=20)


@dataclass(eq=False)
class BundleRefused(Exception):
    """A bundle arrived that is not what the cloud says it is."""

    arn: str
    reason: str

    def __str__(self) -> str:
        return f"The code of {self.arn} cannot be used: {self.reason}"


def through(location: str, endpoint: str | None) -> tuple[str, dict[str, str]]:
    """Where to really fetch a location from, and the headers for it.

    The cloud names its own address, but everything has to go over the link that the core was given. The Host header
    stays the one that the location was signed for.
    """
    if not endpoint:
        return location, {}
    asked, given = urlsplit(location), urlsplit(endpoint)
    rewritten = urlunsplit((given.scheme, given.netloc, asked.path, asked.query, ""))
    return rewritten, {"Host": asked.netloc}


def fetch(location: str, endpoint: str | None) -> bytes:
    """Download a bundle.

    Raises:
        CloudUnreachable: it did not arrive.
    """
    url, headers = through(location, endpoint)
    try:
        with urllib3.PoolManager() as pool:
            answer = pool.request(
                "GET", url, headers=headers, timeout=DOWNLOAD_TIMEOUT, retries=False
            )
    except urllib3.exceptions.HTTPError as error:
        raise CloudUnreachable(f"the code did not arrive: {error}") from error
    if answer.status != 200:
        raise CloudUnreachable(f"the code was not given: status {answer.status}")
    return answer.data


def unpack(bundle: bytes, directory: Path) -> None:
    """Unpack a bundle into a new directory; the directory appears only when it is complete."""
    part = directory.with_name(f"{directory.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > BUNDLE_BYTES_MAX:
            raise ValueError(f"it has more than {BUNDLE_BYTES_MAX} bytes")
        for entry in archive.infolist():
            path = Path(archive.extract(entry, part))
            # `extract` forgets what may be executed.
            if path.is_file() and entry.external_attr >> 16 & 0o100:
                path.chmod(0o755)
    part.replace(directory)


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloader:
    """Brings deployments to one directory.

    Attributes:
        group: where they come from.
        directory: the local copy.
        code_endpoint: the address that code is fetched through; None: the one that the cloud names.
        certificate: file with the core's certificate.
    """

    group: CloudGroup
    directory: Path
    code_endpoint: str | None
    certificate: Path | None = None

    def bring(self, announcement: Announcement) -> dict[str, Any]:
        """Download a deployment.

        Returns:
            Its document, which is not written yet.

        Raises:
            CloudUnreachable: the cloud could not be asked.
            BundleRefused: a bundle is damaged.
            DeploymentRefused: devices cannot be let in.
        """
        definitions = self.group.definitions(announcement)
        return {
            "format": FORMAT,
            "group": {
                "id": announcement.group,
                "version": announcement.version,
                "deployment": announcement.deployment,
            },
            **definitions,
            **download_for_devices(
                self.group,
                announcement.group,
                definitions.get("devices", {}),
                self.certificate,
            ),
            "code": self._code(definitions.get("functions", {})),
        }

    def forget_all_but(self, document: Mapping[str, Any]) -> None:
        """Remove the bundles that a document does not name."""
        kept = {self.directory / code["directory"] for code in document.get("code", {}).values()}
        for bundle in (self.directory / BUNDLES).glob("*/*"):
            if bundle not in kept:
                shutil.rmtree(bundle, ignore_errors=True)

    def _code(self, functions: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for entry in functions.get("Functions", []):
            arn = parse_function_arn(entry.get("FunctionArn", ""))
            if arn is not None and not arn.system:
                found[entry["FunctionArn"]] = self._bundle(entry["FunctionArn"])
        return found

    def _bundle(self, written: str) -> dict[str, Any]:
        try:
            answer = self.group.client("lambda").get_function(FunctionName=written)
        except (BotoCoreError, ClientError) as error:
            raise CloudUnreachable(str(error)) from error
        settings = answer["Configuration"]
        fields = parse_function_arn(written)
        assert fields is not None, "only ARNs that were parsed before come here"
        arn = fields.qualified(settings["Version"])
        checksum = base64.b64decode(settings["CodeSha256"]).hex()
        relative = f"{BUNDLES}/{arn.replace(':', '.')}/{checksum[:32]}"
        if not (self.directory / relative).is_dir():
            self._install(arn, answer["Code"]["Location"], checksum, self.directory / relative)
        return {
            "arn": arn,
            "handler": settings.get("Handler", ""),
            "runtime": settings.get("Runtime", ""),
            "sha256": checksum,
            "directory": relative,
        }

    def _install(self, arn: str, location: str, checksum: str, directory: Path) -> None:
        bundle = fetch(location, self.code_endpoint)
        if hashlib.sha256(bundle).hexdigest() != checksum:
            raise BundleRefused(arn, "its checksum is not the one that the cloud has")
        directory.parent.mkdir(parents=True, exist_ok=True)
        try:
            unpack(bundle, directory)
        except (zipfile.BadZipFile, ValueError) as error:
            raise BundleRefused(arn, str(error)) from error
        log.info("Installed %s: %d bytes", arn, len(bundle))


def code_endpoint(environment: Mapping[str, str] | None = None) -> str | None:
    """The address that code is fetched through, from the variables that botocore knows."""
    variables = os.environ if environment is None else environment
    return variables.get("AWS_ENDPOINT_URL_S3") or variables.get("AWS_ENDPOINT_URL")
