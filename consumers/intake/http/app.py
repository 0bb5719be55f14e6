"""The HTTP door: FHIR resources by POST, each answered by an OperationOutcome when it is on disk."""

import asyncio
import hmac
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from queue import Full

import psycopg
import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from consumers.intake.desk import Desk
from consumers.intake.door import guarded
from consumers.intake.http.answers import (
    RETRY_S,
    acknowledgement_of,
    outcome_of,
    problem,
    refuse,
    respond,
    status_of,
)
from consumers.intake.http.body import Body, Held, NotAccepted, form_of, read_body
from consumers.intake.ingest import Outcome
from consumers.intake.message import Message, Told
from consumers.intake.reading import messages_of
from consumers.intake.site import Site
from domain.errors import Unreadable
from infra.errors import OperatingError
from infra.logs import fault
from infra.postgres import connect

ANSWER_S = 60.0
"""How long a sender waits for its message to be on disk; sent again it is known if it is by then."""
PLACE = "HTTP"
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)

log = structlog.get_logger("fhir")
Answering = Callable[["Reception", Request], Awaitable[Response]]


@dataclass(frozen=True, repr=False)
class Received:
    """A request's message, and what became of it."""

    body: Body
    form: str
    """``application/fhir+json`` or ``application/fhir+xml``."""
    outcomes: Sequence[Outcome]


class Reception:
    """Answers requests. Belongs to one event loop."""

    def __init__(self, desk: Desk, site: Site, tokens: Sequence[bytes], store_dsn: Callable[[], str]) -> None:
        self.desk = desk
        self.site = site
        self.tokens = tokens
        self.store_dsn = store_dsn
        self.held = Held()

    def check(self, request: Request) -> None:
        """Raises ``NotAccepted`` (401) without one of the tokens, where there are any."""
        if not self.tokens:
            return
        found = _BEARER.fullmatch(request.headers.get("authorization", ""))
        given = found[1].encode() if found else b""
        if not any(hmac.compare_digest(given, token) for token in self.tokens):
            raise NotAccepted(401, "login", "A bearer token is needed.", WWW_Authenticate="Bearer")

    async def receive(self, request: Request) -> Received:
        """Take the body in. Raises ``NotAccepted`` where nothing is stored."""
        self.check(request)
        form = form_of(request)
        with self.held.share() as share:
            body = await read_body(request, share)
            if not body.size:
                raise NotAccepted(400, "required", "The request has no body.")
            return Received(body, form, await self._take(body, form))

    async def _take(self, body: Body, form: str) -> list[Outcome]:
        try:
            waiting = [asyncio.wrap_future(self.desk.put(m)) for m in _messages(body, form, self.site)]
            async with asyncio.timeout(ANSWER_S):
                return list(await asyncio.gather(*waiting))
        except (OperatingError, Full, TimeoutError) as error:
            raise NotAccepted(
                503, "transient", "It could not be stored now. Send it again later.", Retry_After=RETRY_S
            ) from error


def _messages(body: Body, form: str, site: Site) -> list[Message]:
    if body.raw is None:

        def refuse_it() -> Told:
            raise Unreadable("too-large", "The message is larger than 16 MiB.")

        return [
            Message(
                PLACE,
                form.replace("application/", "").replace("+", "-"),
                form,
                None,
                body.digest,
                body.size,
                refuse_it,
            )
        ]
    raw = body.raw

    def whole() -> Message:
        def nothing() -> Told:
            raise Unreadable("not-read", "carechain could not read this message.")

        return Message.of(raw, nothing, place=PLACE, format="unknown", content_type=form)

    return list(guarded(messages_of(raw, form, site, PLACE), whole))


async def _store(reception: Reception, request: Request) -> Response:
    received = await reception.receive(request)
    return respond(request, status_of(received.outcomes), outcome_of(received.outcomes))


async def _store_typed(reception: Reception, request: Request) -> Response:
    if not _TYPE.fullmatch(request.path_params["type"]):
        raise HTTPException(404)
    return await _store(reception, request)


async def _process_message(reception: Reception, request: Request) -> Response:
    """The same, answered by a message where the sender waits for one."""
    received = await reception.receive(request)
    status, said = status_of(received.outcomes), outcome_of(received.outcomes)
    answer = await run_in_threadpool(acknowledgement_of, received.body.raw, received.form, status, said)
    return respond(request, status, answer or said)


def application(reception: Reception) -> Starlette:
    """The routes: ``/fhir``, ``/fhir/$process-message``, ``/fhir/<type>`` and ``/healthz``."""
    return Starlette(
        routes=[
            Route("/fhir", _answered(reception, "/fhir", _store), methods=["POST"]),
            Route("/fhir/", _answered(reception, "/fhir", _store), methods=["POST"]),
            Route(
                "/fhir/$process-message",
                _answered(reception, "/fhir/$process-message", _process_message),
                methods=["POST"],
            ),
            Route("/fhir/{type}", _answered(reception, "/fhir/type", _store_typed), methods=["POST"]),
            Route("/healthz", _healthz(reception), methods=["GET"]),
        ],
        exception_handlers={HTTPException: _not_found},
    )


def _answered(reception: Reception, path: str, answer: Answering) -> Callable[[Request], Awaitable[Response]]:
    """The answer, whatever happens, and a line in the log: neither who it is about nor what was sent."""

    async def endpoint(request: Request) -> Response:
        began = time.monotonic()
        try:
            response = await answer(reception, request)
        except NotAccepted as error:
            response = refuse(request, error)
        except HTTPException as error:
            response = _not_found(request, error)
        except ClientDisconnect:
            log.info("hung_up", path=path)
            return Response(status_code=400)
        except Exception as error:  # noqa: BLE001  # the sender must hear that it is not stored
            log.warning("not_answered", path=path, why=fault(error))
            response = respond(request, 500, problem("exception", "Something is wrong inside carechain."))
        ms = round((time.monotonic() - began) * 1000)
        log.info("answered", path=path, status=response.status_code, milliseconds=ms)
        return response

    return endpoint


def _not_found(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    sentence = {404: "There is nothing at this address.", 405: "Messages are sent here by POST."}.get(status)
    headers = dict(getattr(error, "headers", None) or {})
    code = "not-found" if status == 404 else "not-supported"
    return respond(request, status, problem(code, sentence or "This cannot be done here."), headers)


def _healthz(reception: Reception) -> Callable[[Request], Awaitable[Response]]:
    def reaches() -> bool:
        try:
            with connect(reception.store_dsn(), application_name="carechain health") as connection:
                connection.execute("SELECT 1")
        except (psycopg.Error, OperatingError):
            return False
        return True

    async def endpoint(_request: Request) -> Response:
        if await run_in_threadpool(reaches):
            return JSONResponse({"status": "ok"})
        return JSONResponse({"status": "PostgreSQL cannot be reached"}, 503, {"Retry-After": RETRY_S})

    return endpoint
