"""The OpenAPI 3.1 document of the control API, made of its routes and definitions."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from inspect import cleandoc
from typing import Any

import msgspec

from replayx import __version__
from replayx.server.control.definitions import GROUPS, Problem
from replayx.server.control.routes import LINES, METRICS, NAME, OPENAPI_PATH, ROUTES, Route
from replayx.session.transcript_entry import Entry

# Parts of a JSON document: what stands in them is decided by OpenAPI, not by us.
Json = dict[str, Any]

_REFERENCE = "#/components/schemas/{name}"
# What any request may be answered: a field, the token, the Host or Origin header.
_ALWAYS = (400, 401, 403)
_TOO_LARGE = 413
_TEXT = re.compile(r"\s+")


def document() -> Json:
    """Return the document."""
    types = [Problem, Entry, *_types()]
    schemas, components = msgspec.json.schema_components(
        types, schema_hook=_any_schema, ref_template=_REFERENCE
    )
    # By name, for a union has no hash that means anything.
    refs = dict(zip(map(_name, types), schemas, strict=True))
    for component in components.values():
        if "description" in component:
            # A docstring: from Python 3.13 on without its indentation.
            component["description"] = cleandoc(component["description"])
    for name, groups in GROUPS.items():
        components[name]["oneOf"] = [
            {"anyOf": [{"required": [field]} for field in group]} for group in groups
        ]
    paths: Json = {OPENAPI_PATH: {"get": _document_operation()}}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "replayx control",
            "version": __version__,
            "description": "The clock, the connections and the transcript of a replay.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _any_schema(kind: type) -> Json:
    """Return the schema of what may be anything: a toxic's attributes are known to it alone."""
    assert kind is object, f"{kind} has no schema"
    return {"description": "Anything."}


def document_json() -> bytes:
    """Return the document as JSON text, the same each time."""
    return msgspec.json.format(msgspec.json.encode(document(), order="deterministic")) + b"\n"


def _phrase(status: int) -> str:
    """Return a status in words: RFC 9110's, which Python has had for 413 since 3.13."""
    return "Content Too Large" if status == _TOO_LARGE else HTTPStatus(status).phrase


def _types() -> Iterable[type[msgspec.Struct]]:
    for route in ROUTES:
        yield from (one for one in (route.gives, route.body) if one is not None)


def _name(one: object) -> str:
    return one.__name__ if isinstance(one, type) else "Entry"


def _operation(route: Route, refs: Json) -> Json:
    operation: Json = {
        "operationId": route.handler.__name__,
        "summary": _TEXT.sub(" ", route.handler.__doc__ or ""),
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": {"200": _answer(route, refs), **_problems(route)},
    }
    if route.body is not None:
        content = {"application/json": {"schema": refs[route.body.__name__]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _answer(route: Route, refs: Json) -> Json:
    contents: Json = {}
    for media in route.media:
        if media == METRICS:
            schema: Json = {"type": "string"}
        elif media == LINES:
            schema = refs["Entry"]
        else:
            assert route.gives is not None
            schema = refs[route.gives.__name__]
        contents[media.partition(";")[0]] = {"schema": schema}
    return {"description": HTTPStatus.OK.phrase, "content": contents}


def _problems(route: Route) -> Json:
    problems = {*_ALWAYS, *route.problems, 404}
    if route.body is not None:
        problems.add(413)
    if route.commands:
        problems |= {409, 503}
    content = {"application/json": {"schema": {"$ref": _REFERENCE.format(name="Problem")}}}
    return {
        str(status): {"description": _phrase(status), "content": content}
        for status in sorted(problems)
    }


def _path_parameters(route: Route) -> Iterable[Json]:
    for name in re.findall(r"\{(\w+)\}", route.path):
        schema: Json = {"type": "integer", "minimum": 0, "maximum": 10**12 - 1}
        if name == "name":
            schema = {"type": "string", "pattern": f"^{NAME}$"}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(route: Route) -> Iterable[Json]:
    _, components = msgspec.json.schema_components([route.query])
    for name, schema in components[route.query.__name__]["properties"].items():
        yield {"name": name, "in": "query", "required": False, "schema": schema}


def _document_operation() -> Json:
    content = {"application/json": {"schema": {"type": "object"}}}
    answer = {"description": HTTPStatus.OK.phrase, "content": content}
    return {
        "operationId": "openapi",
        "summary": "This document.",
        "responses": {"200": answer},
    }
