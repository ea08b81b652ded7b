"""Lambda functions: code, a published version, and the alias that points to it."""

import base64
import binascii
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError
from urllib3 import PoolManager

from system.stack.adapters.port import TAG, Clients, if_there, pause
from system.stack.resource import Attributes, Live, Resource

ALIAS = "PROD"
TIMEOUT_S = 3
POLL_S = 0.2
WAIT_S = 120.0
DOWNLOAD_S = 30.0
# A role that was made a moment ago is not known everywhere yet.
ROLE_WAIT_S = 30.0


@dataclass(eq=False)
class FunctionStuck(Exception):
    """A function did not become ready."""

    name: str

    def __str__(self) -> str:
        return f"it was not ready for a change within {WAIT_S:g} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionAdapter:
    """Lambda functions, as the alias shows them."""

    clients: Clients
    stack: str

    def read(self, resource: Resource) -> Live | None:
        """The version behind the alias; without alias the function, which then lacks a version."""
        functions, function = self.clients.of("lambda"), {"FunctionName": resource.name}
        newest = if_there(functions.get_function_configuration, **function)
        if newest is None:
            return None
        # Not by the alias: LocalStack finds no function by one here.
        alias = if_there(functions.get_alias, **function, Name=ALIAS)
        version = alias["FunctionVersion"] if alias else ""
        found = (
            if_there(functions.get_function_configuration, **function, Qualifier=version)
            if version
            else None
        )
        shown = found or newest
        return Live(
            properties={
                "handler": shown.get("Handler"),
                "runtime": shown.get("Runtime"),
                "role": shown["Role"],
                "code_sha256": _hexadecimal(shown["CodeSha256"]) if found else "",
            },
            attributes=_attributes(newest["FunctionArn"], version),
            fetch=partial(self._code, resource.name, version),
        )

    def create(self, resource: Resource) -> Attributes:
        """Make the function with its first version and set the alias.

        It is not waited until it could be invoked in the cloud, which nobody does: a core only takes its code.
        """
        waited_s = 0.0
        while True:
            try:
                answer = self._create(resource)
            except ClientError as error:
                if "cannot be assumed" not in str(error) or waited_s >= ROLE_WAIT_S:
                    raise
                pause(1.0)
                waited_s += 1.0
            else:
                return self._point(resource, answer["FunctionArn"], answer["Version"])

    def update(self, resource: Resource, live: Live) -> Attributes:
        """Change code and settings, publish them and move the alias.

        A function that failed cannot be changed, so it is made anew; an emulator without containers has only such ones.
        """
        if self._ready(resource.name)["State"] == "Failed":
            self.delete(resource)
            return self.create(resource)
        functions, function = self.clients.of("lambda"), {"FunctionName": resource.name}
        functions.update_function_configuration(**function, **_settings(resource.properties))
        self._ready(resource.name)
        functions.update_function_code(**function, ZipFile=resource.payload)
        arn = self._ready(resource.name)["FunctionArn"]
        version = functions.publish_version(**function)["Version"]
        return self._point(resource, arn, version)

    def delete(self, resource: Resource) -> None:
        """Delete the function with its versions and aliases."""
        if_there(self.clients.of("lambda").delete_function, FunctionName=resource.name)

    def unwanted(self, wanted: Collection[str]) -> Iterator[str]:
        """Names of the functions that carry this stack's tag and are not wanted any more."""
        functions = self.clients.of("lambda")
        for page in functions.get_paginator("list_functions").paginate():
            for each in page["Functions"]:
                name = each["FunctionName"]
                if name not in wanted and name.startswith(f"{self.stack}-"):
                    tags = (if_there(functions.list_tags, Resource=each["FunctionArn"]) or {}).get(
                        "Tags"
                    )
                    if (tags or {}).get(TAG) == self.stack:
                        yield name

    def _create(self, resource: Resource) -> Any:
        return self.clients.of("lambda").create_function(
            FunctionName=resource.name,
            Code={"ZipFile": resource.payload},
            Timeout=TIMEOUT_S,
            Tags={TAG: self.stack},
            Publish=True,
            **_settings(resource.properties),
        )

    def _point(self, resource: Resource, arn: str, version: str) -> Attributes:
        """Have the alias point to a version."""
        functions, function = self.clients.of("lambda"), {"FunctionName": resource.name}
        known = if_there(functions.get_alias, **function, Name=ALIAS) is not None
        set_alias = functions.update_alias if known else functions.create_alias
        set_alias(**function, Name=ALIAS, FunctionVersion=version)
        return _attributes(arn, version)

    def _code(self, name: str, version: str) -> bytes:
        """The bundle of a version, from where the cloud says that it is."""
        place = {"Qualifier": version} if version else {}
        answer = self.clients.of("lambda").get_function(FunctionName=name, **place)
        with PoolManager() as pool:
            code = pool.request("GET", answer["Code"]["Location"], timeout=DOWNLOAD_S)
        return code.data

    def _ready(self, name: str) -> Any:
        """The function as soon as it can be changed."""
        ask, waited_s = self.clients.of("lambda").get_function_configuration, 0.0
        while waited_s < WAIT_S:
            found = ask(FunctionName=name)
            pending = found.get("State") == "Pending"
            if not pending and found.get("LastUpdateStatus") != "InProgress":
                return found
            pause(POLL_S)
            waited_s += POLL_S
        raise FunctionStuck(name)


def _settings(properties: Mapping[str, Any]) -> dict[str, str]:
    return {
        "Handler": properties["handler"],
        "Runtime": properties["runtime"],
        "Role": properties["role"],
    }


def _attributes(arn: str, version: str) -> Attributes:
    return {"arn": arn, "version": version, "alias_arn": f"{arn}:{ALIAS}"}


def _hexadecimal(written: str) -> str:
    """A checksum as the bundles have theirs; Lambda writes it in base 64."""
    try:
        return base64.b64decode(written).hex()
    except binascii.Error:
        return written
