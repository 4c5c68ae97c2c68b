"""Toxics by the words that plans have for them."""

import ast
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import ClassVar

import pytest

from replayx.errors import InvalidPlan
from replayx.faults import registry
from replayx.faults.toxic import Toxic

ROOT = Path(__file__).resolve().parents[2]


def test_every_toxic_is_there_by_its_type():
    for name in registry.toxic_names():
        kind = registry.load_toxic(name)
        assert issubclass(kind, Toxic)
        assert kind.type == name


def test_declared_as_in_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"][registry.GROUP] == dict(registry.BUILT_IN)


def test_every_toxic_that_is_written_is_declared():
    written = set()
    for path in (ROOT / "replayx" / "faults" / "toxics").glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                written |= {
                    ast.literal_eval(inner.value)
                    for inner in node.body
                    if isinstance(inner, ast.AnnAssign) and ast.unparse(inner.target) == "type"
                }
    assert written == set(registry.BUILT_IN)


@pytest.mark.parametrize(
    ("name", "nearest"), [("latencies", "latency"), ("Loss", "loss"), ("slow-close", "slow_close")]
)
def test_unknown_names_are_answered_with_the_nearest(name, nearest):
    with pytest.raises(InvalidPlan) as caught:
        registry.load_toxic(name)
    assert name in caught.value.found
    assert nearest in caught.value.expected


@pytest.fixture
def declared(monkeypatch):
    """Let another package declare toxics."""
    caches = (registry._plugins, registry.toxic_names, registry.load_toxic)

    def declare(**points):
        found = [EntryPoint(name, value, registry.GROUP) for name, value in points.items()]
        monkeypatch.setattr(registry, "entry_points", lambda group: found)
        for one in caches:
            one.cache_clear()

    yield declare
    for one in caches:
        one.cache_clear()


class Mine(Toxic, frozen=True, kw_only=True):
    """Does nothing."""

    type: ClassVar[str] = "mine"


def test_others_may_declare_more(declared):
    declared(mine=f"{__name__}:Mine", loss="nowhere:Nothing")
    assert "mine" in registry.toxic_names()
    assert registry.load_toxic("mine") is Mine
    assert registry.load_toxic("loss").__name__ == "Loss", "a name of ours stays ours"


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("nowhere:Nothing", "cannot be loaded"),
        ("replayx.faults.toxics.loss:Nothing", "cannot be loaded"),
        ("replayx.faults.toxics.loss:Loss", "whose type is 'broken'"),
        ("replayx.faults.toxics.loss:LossyLink", "which is none"),
    ],
)
def test_what_is_no_toxic_is_said(declared, value, complaint):
    declared(broken=value)
    with pytest.raises(InvalidPlan, match=complaint):
        registry.load_toxic("broken")
