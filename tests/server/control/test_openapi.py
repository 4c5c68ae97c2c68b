import re
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from openapi_spec_validator import validate

from replayx.server.control.openapi import document, document_json
from replayx.server.control.routes import ROUTES
from tests.server.control.serving import serving

GOLDEN = Path(__file__).resolve().parents[3] / "docs" / "reference" / "openapi.json"


def test_the_document_is_the_one_in_the_reference():
    assert GOLDEN.read_bytes() == document_json(), "run scripts/make_openapi.py"


def test_the_document_is_valid():
    validate(document())


def test_the_document_has_every_route():
    told = {(method.upper(), path) for path, one in document()["paths"].items() for method in one}
    assert told == {(route.method, route.path) for route in ROUTES} | {("GET", "/openapi.json")}


def references(node):
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_definition_is_used_and_there():
    whole = document()
    used = {re.sub(r".*/", "", one) for one in references(whole)}
    assert used == set(whole["components"]["schemas"])


SCHEMA = schemathesis.openapi.from_dict(document())


@pytest.fixture(scope="module")
def url():
    with serving() as url:
        yield url


@SCHEMA.parametrize()
@settings(
    max_examples=20,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_asked_is_answered_as_documented(case, url):
    case.call_and_validate(base_url=url)
