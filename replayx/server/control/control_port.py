"""The control API's own port: HTTP in, checked against the routes; JSON out."""

import re
from enum import Enum
from typing import NamedTuple, get_args

import msgspec
from aiohttp import hdrs, web

from replayx.errors import InvalidOption, InvalidPlan, LimitExceeded, ReplayxError
from replayx.limits import CONTROL_BODY_BYTES_MAX
from replayx.server.control.controls import Run, Timeline
from replayx.server.control.definitions import (
    Problem,
    Refused,
    TimelineQuery,
    TranscriptPage,
    check_groups,
)
from replayx.server.control.guard import Guard, is_loopback, is_wildcard
from replayx.server.control.handlers import Call
from replayx.server.control.openapi import document_json
from replayx.server.control.routes import JSON, LINES, METRICS, OPENAPI_PATH, ROUTES, Route
from replayx.server.http_port import HttpPort

# How msgspec says where and what: "Expected `int`, got `str` - at `$.messages`".
_VALIDATION = re.compile(r"(?P<error>.*?)(?: - at `(?P<where>[^`]*)`)?", re.DOTALL)
_EXPECTED = re.compile(r"Expected (.*?)(?:, got .*)?", re.DOTALL)

# What a command that still runs gets to be answered when the server ends.
_GRACE_S = 0.2

# Nothing that is told here is to be kept, or to be taken for a page.
_HEADERS = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))


class _Asked(NamedTuple):
    """A request's route, and what its path names."""

    route: Route
    named: str


class _Body(NamedTuple):
    """A request's body, checked, and as it came."""

    body: msgspec.Struct | None = None
    given: object = None


class ControlPort:
    """Serves the control API of a run on a port of its own, until it is stopped."""

    def __init__(self, run: Run, host: str, *, token: str = "") -> None:
        """Take what is controlled, and where. Raises InvalidOption for a host open to others."""
        if not token and not is_loopback(host):
            raise InvalidOption(
                f"{host or 'every address'} can be reached from other machines",
                expected="a loopback address such as 127.0.0.1, or a token",
                where="--control",
                hint="Give --control-token, or REPLAYX_CONTROL_TOKEN in the environment",
            )
        self._run = run
        self._host = host
        self._guard = Guard(host, token)
        self._runner = web.ServerRunner(HttpPort(self._handle), shutdown_timeout=_GRACE_S)

    async def start(self, port: int) -> str:
        """Listen, on a free port for 0, and return the base URL. Raises InvalidOption."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, port).start()
        except OSError as error:
            raise InvalidOption(
                f"cannot listen on {self._host}:{port}: {error.strerror}",
                where="--control",
                hint="Choose another port, or 0 for a free one",
            ) from error
        address = "127.0.0.1" if is_wildcard(self._host) else self._host
        shown = f"[{address}]" if ":" in address else address
        return f"http://{shown}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Listen no more."""
        await self._runner.cleanup()

    # ---- requests

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await self._answer(request)
        except Refused as refused:
            return _problem(refused.problem, **refused.headers)
        except ReplayxError as error:
            is_asked_wrongly = isinstance(error, InvalidOption | InvalidPlan | LimitExceeded)
            return _problem(_problem_of(error, 409 if is_asked_wrongly else 503))

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        problem = self._guard.problem(request.headers)
        if problem is not None:
            challenge = {hdrs.WWW_AUTHENTICATE: "Bearer"} if problem.status == 401 else {}
            raise Refused(problem, **challenge)
        if request.path == OPENAPI_PATH and _method(request) == "GET":
            return _response(200, document_json(), JSON)
        route, named = _asked(request)
        query = _query(request, route)
        body, given = await _body(request, route) if route.body is not None else _Body()
        call = Call(self._run, self._timeline(route, query.timeline), query, body, named, given)
        return _told(await route.handler(call), route, request.headers.get("Accept", ""))

    def _timeline(self, route: Route, name: str) -> Timeline:
        if route.commands:
            return self._run.make_timeline(name)
        timeline = self._run.timelines.get(name)
        if timeline is None:
            names = ", ".join(sorted(one for one in self._run.timelines if one))
            known = (
                f"one of {names}, or none for the shared one" if names else "none: all share one"
            )
            hint = "A client that names it makes it, and so does a command"
            problem = Problem(404, f"no timeline {name!r}", known, where="timeline", hint=hint)
            raise Refused(problem)
        return timeline


def _method(request: web.BaseRequest) -> str:
    # RFC 9110 section 9.3.2: as GET, without a body, which aiohttp leaves out.
    return "GET" if request.method == "HEAD" else request.method


def _asked(request: web.BaseRequest) -> _Asked:
    """Return the route of a request. Raises Refused."""
    fitting = [
        (route, named) for route in ROUTES if (named := route.part(request.path)) is not None
    ]
    for route, named in fitting:
        if route.method == _method(request):
            return _Asked(route, named)
    allowed = sorted({route.method for route, _ in fitting})
    if request.path == OPENAPI_PATH:
        allowed = ["GET"]
    if not allowed:
        hint = f"See {OPENAPI_PATH}"
        raise Refused(Problem(404, f"nothing is at {request.path}", hint=hint))
    allow = ", ".join(["GET", "HEAD", *allowed[1:]] if allowed[0] == "GET" else allowed)
    problem = Problem(405, f"{request.method} on {request.path}", expected=allow)
    raise Refused(problem, Allow=allow)


def _query(request: web.BaseRequest, route: Route) -> TimelineQuery:
    """Return the parameters of a request. Raises Refused."""
    given = request.query
    twice = [name for name in given if len(given.getall(name)) > 1]
    if twice:
        raise Refused(Problem(400, f"{twice[0]!r} is given twice", where="query"))
    try:
        return msgspec.convert(dict(given), route.query, strict=False)
    except msgspec.ValidationError as error:
        raise Refused(_validation_problem(error, "query")) from error


async def _body(request: web.BaseRequest, route: Route) -> _Body:
    """Return the body of a request. Raises Refused."""
    assert route.body is not None
    data = bytearray()
    async for part in request.content.iter_chunked(CONTROL_BODY_BYTES_MAX):
        data += part
        if len(data) > CONTROL_BODY_BYTES_MAX:
            expected = f"at most {CONTROL_BODY_BYTES_MAX} bytes"
            raise Refused(Problem(413, "the body is too large", expected=expected))
    try:
        given = _with_integers(msgspec.json.decode(data))
        body = msgspec.convert(given, route.body)
    except msgspec.DecodeError as error:
        problem = _validation_problem(error, "$")
        if not problem.expected:
            words = ", ".join(_words(route.body, problem.where))
            problem = msgspec.structs.replace(problem, expected=words)
        raise Refused(problem) from error
    except (RecursionError, UnicodeDecodeError) as error:
        raise Refused(Problem(400, "no JSON that can be read", where="$")) from error
    check_groups(body)
    return _Body(body, given)


def _with_integers(given: object) -> object:
    """Return a body in which 1.0 is 1, as it is to JSON Schema."""
    match given:
        case dict():
            return {name: _with_integers(one) for name, one in given.items()}
        case list():
            return [_with_integers(one) for one in given]
        case float() if given.is_integer():
            return int(given)
        case _:
            return given


# ---- answers


def _told(answer: object, route: Route, accept: str) -> web.Response:
    if isinstance(answer, Problem):
        return _problem(answer)
    if isinstance(answer, bytes):
        return _response(200, answer, METRICS)
    if LINES in route.media and LINES in accept:
        assert isinstance(answer, TranscriptPage)
        lines = b"".join(msgspec.json.encode(one) + b"\n" for one in answer.entries)
        return _response(200, lines, LINES)
    return _response(200, msgspec.json.encode(answer), JSON)


def _problem(problem: Problem, **headers: str) -> web.Response:
    return _response(problem.status, msgspec.json.encode(problem), JSON, **headers)


def _response(status: int, body: bytes, media: str, **headers: str) -> web.Response:
    given = {**dict(_HEADERS), "Content-Type": media, **headers}
    return web.Response(status=status, body=body, headers=given)


def _problem_of(error: ReplayxError, status: int) -> Problem:
    return Problem(
        status,
        error.found,
        expected=error.expected or "",
        where=error.where or "",
        hint=error.hint or "",
    )


def _validation_problem(error: msgspec.DecodeError, where: str) -> Problem:
    match = _VALIDATION.fullmatch(str(error))
    assert match is not None, "it matches any text"
    expected = _EXPECTED.fullmatch(match["error"])
    path = match["where"] or "$"
    return Problem(
        400,
        match["error"],
        expected=expected[1] if expected else "",
        where=path if where == "$" else path.replace("$", where, 1),
    )


def _words(definition: type[msgspec.Struct], where: str) -> list[str]:
    """Return the words that a field may be; none if it may be anything else."""
    fields = {f"$.{field.encode_name}": field for field in msgspec.structs.fields(definition)}
    if where not in fields:
        return []
    kinds = (fields[where].type, *get_args(fields[where].type))
    enums = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum)]
    return [str(member.value) for kind in enums for member in kind]
