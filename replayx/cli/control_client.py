"""Asking a control API: one request, one connection, no proxy, no retries."""

from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

from replayx.errors import ExitCode, InvalidOption, ReplayxError, UpstreamFailure
from replayx.server.control.definitions import Problem

_T = TypeVar("_T")

# A replay answers at once, unless it is asked to run until something happens.
_ANSWER_S = 30.0


class NotReached(ReplayxError):
    """A run did not come to where it should have stopped."""

    exit_code = ExitCode.FOUND


class ControlClient:
    """Speaks to one replay's control API."""

    def __init__(self, url: str, token: str, timeline: str) -> None:
        """Take the base URL. Raises InvalidOption if it is none."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if host is None or port is None or parts.scheme != "http":
            raise InvalidOption(
                f"the URL {url!r}", expected="one such as http://127.0.0.1:9000", where="--url"
            )
        self._url, self._host, self._port = url, host, port
        self._token = token
        self._timeline = timeline

    def get(self, path: str, answer: type[_T], **parameters: int | str) -> _T:
        """Return what a path tells. Raises UpstreamFailure, InvalidOption."""
        return self._decoded(self._asked("GET", path, None, parameters), answer)

    def text(self, path: str) -> str:
        """Return what a path tells as text. Raises UpstreamFailure, InvalidOption."""
        return self._asked("GET", path, None, {}).decode()

    def send(self, method: str, path: str, answer: type[_T], body: object = None) -> _T:
        """Give a command and return what it led to; waits for as long as it takes.

        Raises NotReached, UpstreamFailure, InvalidOption.
        """
        return self._decoded(self._asked(method, path, body, {}), answer)

    def _asked(
        self, method: str, path: str, body: object, parameters: Mapping[str, int | str]
    ) -> bytes:
        query = {**parameters, **({"timeline": self._timeline} if self._timeline else {})}
        target = f"{path}?{urlencode(query)}" if query else path
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        sent = None if body is None else msgspec.json.encode(body)
        # Whatever waits on the tape may take as long as the tape: no time limit then.
        within_s = _ANSWER_S if body is None else None
        connection = HTTPConnection(self._host, self._port, timeout=within_s)
        try:
            connection.request(method, target, sent, headers)
            response = connection.getresponse()
            data = response.read()
        except (OSError, HTTPException) as error:
            raise UpstreamFailure(
                f"no replay answers: {error or type(error).__name__}",
                where=self._url,
                hint="Is `replayx replay` running? It prints the URL of its control API",
            ) from error
        finally:
            connection.close()
        if response.status != 200:
            raise self._failure(response, data)
        return data

    def _decoded(self, data: bytes, answer: type[_T]) -> _T:
        try:
            return msgspec.json.decode(data, type=answer)
        except msgspec.DecodeError as error:
            raise self._stranger(str(error)) from error

    def _failure(self, response: HTTPResponse, data: bytes) -> ReplayxError:
        try:
            problem = msgspec.json.decode(data, type=Problem)
        except msgspec.DecodeError:
            return self._stranger(f"status {response.status}")
        kind: type[ReplayxError] = InvalidOption
        if problem.status == 408:
            kind = NotReached
        elif problem.status >= 500:
            kind = UpstreamFailure
        return kind(
            problem.error,
            expected=problem.expected or None,
            where=problem.where.removeprefix("$").removeprefix(".") or None,
            hint=problem.hint or None,
        )

    def _stranger(self, found: str) -> UpstreamFailure:
        return UpstreamFailure(
            found, expected="what a control API of this release answers", where=self._url
        )
