"""The local HTTP interface that functions and their runtimes speak to, on the loopback only.

It outlives deployments: what it serves is asked for with each call.
"""

import asyncio
import base64
import binascii
import json
import logging
import os
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web

from system.greengrass.router.filters import topic_problem
from system.greengrass.router.router import NoRoom, NoRoute, Publication, Router
from system.greengrass.v1.arns import ROUTER_ARN, SECRETS_ARN, SHADOW_ARN
from system.greengrass.v1.host import FunctionHost, QueueFull, UnknownWorker
from system.greengrass.v1.work import HANDLED, Outcome

log = logging.getLogger(__name__)

API = "/2016-11-01"
PAYLOAD_BYTES_MAX = 6 * 1024 * 1024
MESSAGE_BYTES_MAX = 128 * 1024
"""What the cloud's broker takes; the local one is not meant for more."""
RESULT_KEPT_S = 60.0
KEEP_ALIVE_S = 24 * 3600
SHUTDOWN_S = 0.2

CLIENT_CONTEXT = "X-Amz-Client-Context"
FUNCTION_ERROR = "X-Amz-Function-Error"
INVOCATION_ID = "X-Amz-InvocationId"
INVOCATION_TYPE = "X-Amz-Invocation-Type"
WORKER_ID = "X-Amz-Worker-Id"


class Served(Protocol):
    """What the interface needs of the running deployment."""

    @property
    def router(self) -> Router:
        """Delivers what functions publish."""

    def owner_of(self, token: str) -> FunctionHost | None:
        """The function that a token was given to."""

    def host_of(self, arn: str) -> FunctionHost | None:
        """The function with this ARN."""

    def hosts(self) -> Mapping[str, FunctionHost]:
        """All functions by ARN."""


@dataclass(eq=False)
class Refused(Exception):
    """A call that is answered with an error."""

    status: int
    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class PortTaken(Exception):
    """The interface cannot be opened."""

    port: int
    reason: str

    def __str__(self) -> str:
        return (
            f"Port {self.port} for the local interface cannot be had ({self.reason}); "
            "set coreThing.ggDaemonPort in config.json to another one, or to 0 for any"
        )


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refused:
        return _error(refused.status, str(refused))
    except UnknownWorker as unknown:
        return _error(403, str(unknown))
    except QueueFull as full:
        return _error(429, str(full))


def _error(status: int, reason: str) -> web.Response:
    return web.json_response({"errorMessage": reason}, status=status)


def _unserved(status: int, service: str, keys: tuple[str, str]) -> Outcome:
    """The answer of a service of AWS's core that this one does not have, in the words of that service."""
    message = f"This core does not provide the {service}"
    return Outcome(payload=json.dumps({keys[0]: status, keys[1]: message}).encode())


UNSERVED = {
    SHADOW_ARN: _unserved(501, "local shadow service", ("code", "message")),
    SECRETS_ARN: _unserved(501, "secrets manager", ("Status", "Message")),
}


class LocalApi:
    """The HTTP server.

    Args:
        served: the running deployment; None while there is none.
    """

    def __init__(self, served: Callable[[], Served | None]) -> None:
        self._served = served
        self._results: dict[str, asyncio.Future[Outcome]] = {}
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def open(self, port: int) -> None:
        """Listen; `self.port` is where.

        Raises:
            PortTaken: that cannot be.
        """
        runner = web.AppRunner(
            self._application(),
            access_log=None,
            keepalive_timeout=KEEP_ALIVE_S,
            shutdown_timeout=SHUTDOWN_S,
        )
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            raise PortTaken(
                port, os.strerror(error.errno) if error.errno else str(error)
            ) from error
        self._runner = runner
        self.port = runner.addresses[0][1]

    async def close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    def _application(self) -> web.Application:
        application = web.Application(
            middlewares=[_errors_as_json], client_max_size=PAYLOAD_BYTES_MAX
        )
        function = f"{API}/functions/{{arn}}"
        application.add_routes(
            [
                web.post(function, self._post_work),
                web.get(function, self._get_result),
                web.get(f"{function}/work", self._get_work),
                web.post(f"{function}/work", self._post_result),
                web.put(f"{function}/initialized", self._put_initialized),
                web.get(f"{API}/health/workers", self._get_health),
                web.post(f"{API}/health/workers", self._post_health),
                web.get(f"{API}/credentialprovider/", self._get_credentials),
            ]
        )
        return application

    def _deployment(self) -> Served:
        served = self._served()
        if served is None:
            raise Refused(503, "No deployment is running")
        return served

    def _hosts(self) -> Mapping[str, FunctionHost]:
        served = self._served()
        return served.hosts() if served else {}

    def _caller(self, request: web.Request) -> FunctionHost:
        owner = self._deployment().owner_of(request.headers.get("Authorization", ""))
        if owner is None:
            raise Refused(
                403,
                "The Authorization header has to be the value of AWS_CONTAINER_AUTHORIZATION_TOKEN",
            )
        return owner

    def _own(self, request: web.Request) -> FunctionHost:
        """The caller, if it speaks for itself."""
        caller = self._caller(request)
        if self._deployment().host_of(request.match_info["arn"]) is not caller:
            raise Refused(403, f"{caller.function.arn} may not act for {request.match_info['arn']}")
        return caller

    async def _post_work(self, request: web.Request) -> web.Response:
        caller = self._caller(request)
        arn = request.match_info["arn"]
        payload = await request.read()
        context = request.headers.get(CLIENT_CONTEXT, "")
        if arn == ROUTER_ARN:
            self._publish(caller, payload, context)
            return web.Response(headers={INVOCATION_ID: "published"})
        answered = request.headers.get(INVOCATION_TYPE, "RequestResponse") != "Event"
        if arn in UNSERVED:
            return self._answer_unserved(UNSERVED[arn])
        host = self._deployment().host_of(arn)
        if host is None:
            raise Refused(404, f"There is no function {arn} in this deployment")
        item = host.invoke(payload, context, answered=answered)
        if item.outcome is not None:
            self._remember(item.id, item.outcome)
        return web.Response(headers={INVOCATION_ID: item.id})

    def _publish(self, caller: FunctionHost, payload: bytes, context: str) -> None:
        fields = _custom_fields(context)
        topic = str(fields.get("subject", ""))
        problem = topic_problem(topic)
        if len(payload) > MESSAGE_BYTES_MAX:
            problem = f"the message has more than {MESSAGE_BYTES_MAX} bytes"
        if problem:
            raise Refused(400, f"The message cannot be published: {problem}")
        if fields.get("source", caller.function.arn) != caller.function.arn:
            raise Refused(403, f"{caller.function.arn} may not publish as {fields['source']}")
        publication = Publication(source=caller.function.arn, topic=topic, payload=payload)
        try:
            self._deployment().router.publish(
                publication, all_or_nothing=fields.get("queueFullPolicy") == "AllOrError"
            )
        except NoRoute:
            # As in AWS's v1 core: the router logs and discards, the publisher is not told.
            return
        except NoRoom as full:
            raise Refused(429, str(full)) from full

    def _answer_unserved(self, outcome: Outcome) -> web.Response:
        result: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        result.set_result(outcome)
        identity = str(uuid.uuid4())
        self._remember(identity, result)
        return web.Response(headers={INVOCATION_ID: identity})

    def _remember(self, invocation: str, result: asyncio.Future[Outcome]) -> None:
        """Keep a result until it is fetched, or for a while when nobody fetches it."""
        self._results[invocation] = result
        loop = asyncio.get_running_loop()

        def forget_later(_: object) -> None:
            loop.call_later(RESULT_KEPT_S, self._results.pop, invocation, None)

        result.add_done_callback(forget_later)

    async def _get_result(self, request: web.Request) -> web.Response:
        self._caller(request)
        invocation = request.headers.get(INVOCATION_ID, "")
        result = self._results.get(invocation)
        if result is None:
            raise Refused(404, f"There is no invocation {invocation!r} with a result to wait for")
        outcome = await asyncio.shield(result)
        self._results.pop(invocation, None)
        headers = {FUNCTION_ERROR: outcome.error} if outcome.error else {}
        return web.Response(body=outcome.payload, headers=headers)

    async def _get_work(self, request: web.Request) -> web.Response:
        host = self._own(request)
        item = await host.next_work(request.headers.get(WORKER_ID, ""))
        headers = {INVOCATION_ID: item.id}
        if item.client_context:
            headers[CLIENT_CONTEXT] = item.client_context
        return web.Response(body=item.payload, headers=headers)

    async def _post_result(self, request: web.Request) -> web.Response:
        host = self._own(request)
        error = request.headers.get(FUNCTION_ERROR, "")
        outcome = Outcome(payload=await request.read(), error=HANDLED if error else "")
        invocation = request.headers.get(INVOCATION_ID, "")
        host.finished(request.headers.get(WORKER_ID, ""), invocation, outcome)
        return web.Response()

    async def _put_initialized(self, request: web.Request) -> web.Response:
        host = self._own(request)
        fields = _json_object(await request.read())
        host.initialized(
            request.headers.get(WORKER_ID, ""),
            bool(fields.get("Success")),
            str(fields.get("Response", "")),
        )
        return web.Response()

    async def _get_health(self, _: web.Request) -> web.Response:
        return web.json_response({"Workers": _health(self._hosts())})

    async def _post_health(self, request: web.Request) -> web.Response:
        hosts = self._hosts()
        wanted = _json_object(await request.read()).get("FuncArns")
        if not isinstance(wanted, list):
            raise Refused(400, 'The body has to be {"FuncArns": [ARN, …]}')
        known = {arn: hosts[arn] for arn in wanted if arn in hosts}
        invalid = [arn for arn in wanted if arn not in hosts]
        return web.json_response({"Workers": _health(known), "InvalidArns": invalid})

    async def _get_credentials(self, request: web.Request) -> web.Response:
        """The group role's credentials; here those that the core itself was given."""
        self._caller(request)
        key = os.environ.get("AWS_ACCESS_KEY_ID")
        secret = os.environ.get("AWS_SECRET_ACCESS_KEY")
        if not key or not secret:
            raise Refused(503, "The core itself has no credentials")
        return web.json_response(
            {
                "AccessKeyId": key,
                "SecretAccessKey": secret,
                "Token": os.environ.get("AWS_SESSION_TOKEN", ""),
                # Ours do not end; clients want a moment to ask again.
                "Expiration": "2999-12-31T00:00:00Z",
            }
        )


def _health(hosts: Mapping[str, FunctionHost]) -> list[dict[str, Any]]:
    return [
        {
            "FuncArn": arn,
            "WorkerId": worker.id,
            "ProcessId": str(worker.pid),
            "WorkerState": worker.state.value,
        }
        for arn, host in hosts.items()
        for worker in host.workers()
    ]


def _custom_fields(context: str) -> Mapping[str, Any]:
    """What a client context says under `custom`."""
    try:
        custom = _json_object(base64.b64decode(context)).get("custom", {})
    except binascii.Error as error:
        raise Refused(400, f"{CLIENT_CONTEXT} has to be base64 of a JSON object") from error
    return custom if isinstance(custom, dict) else {}


def _json_object(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except ValueError as error:
        raise Refused(400, f"It has to be JSON: {error}") from error
    if not isinstance(found, dict):
        raise Refused(400, "It has to be a JSON object")
    return found
