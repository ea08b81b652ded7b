"""`POST /_aws/greengrass/groups/ID/broker-certificate`: where a core gets the certificate of its broker.

{"thing": ARN of the core's, "certificate": the core's, PEM, "names": [host or address]}
→ {"certificate": PEM, "authority": PEM}
"""

import re
from typing import Any

from localstack.http import Request, Response
from localstack.services.edge import ROUTER

from system.cloud.greengrass.authorities import issue
from system.cloud.greengrass.store import LOCK, greengrass_stores

PATH = "/_aws/greengrass/groups/<group>/broker-certificate"
THING = re.compile(r"arn:aws[\w-]*:iot:([\w-]+):(\d+):thing/[\w:-]+")


def serve() -> None:
    """Add the address to those of LocalStack."""
    ROUTER.add(PATH, _answer, methods=["POST"])


def _answer(request: Request, group: str) -> Response:
    asked = request.get_json(silent=True)
    thing = THING.fullmatch(str(asked.get("thing"))) if isinstance(asked, dict) else None
    if asked is None or thing is None or not _is_list_of_texts(asked.get("names")):
        return _refusal(400, "thing, certificate and names are required.")
    region, account = thing.groups()
    try:
        with LOCK:
            given = issue(
                greengrass_stores[account][region],
                group,
                thing=thing[0],
                certificate=str(asked.get("certificate")),
                names=asked["names"],
            )
    except KeyError:
        return _refusal(404, "That group definition does not exist.")
    except ValueError as error:
        return _refusal(400, f"That is no certificate, or no name: {error}")
    return Response.for_json(given)


def _is_list_of_texts(names: Any) -> bool:
    return isinstance(names, list) and all(isinstance(each, str) and each for each in names)


def _refusal(status: int, message: str) -> Response:
    return Response.for_json({"message": message}, status=status)
