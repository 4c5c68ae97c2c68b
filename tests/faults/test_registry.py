"""Toxics by the word that a plan has for them."""

import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from replayx.errors import InvalidPlan
from replayx.faults import registry

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def plugins(monkeypatch):
    """Let other packages declare toxics: {name: value}."""

    def declare(**declared):
        points = [EntryPoint(name, value, registry.GROUP) for name, value in declared.items()]
        monkeypatch.setattr(registry, "entry_points", lambda group: points)
        for one in (registry._plugins, registry.toxic_names, registry.load_toxic):
            one.cache_clear()

    yield declare
    monkeypatch.undo()
    for one in (registry._plugins, registry.toxic_names, registry.load_toxic):
        one.cache_clear()


def test_each_is_called_as_its_type():
    assert {"latency", "loss", "venue_failure"} <= set(registry.toxic_names())
    for name in registry.toxic_names():
        assert registry.load_toxic(name).type == name


def test_declared_as_in_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"][registry.GROUP] == dict(registry.BUILT_IN)


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(InvalidPlan, match="no toxic is called 'latancy'; expected latency"):
        registry.load_toxic("latancy")


def test_other_packages_add_theirs_and_ours_stay_ours(plugins):
    plugins(latency="nowhere:Nothing", selfmade="tests.faults.test_selector:Nothing")
    assert "selfmade" in registry.toxic_names()
    assert registry.load_toxic("latency").type == "latency"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("nowhere.at_all:Toxic", "which cannot be loaded"),
        ("tests.faults.test_selector:Missing", "which cannot be loaded"),
        ("tests.faults.test_selector:Chance", "expected a Toxic whose type is 'odd'"),
        ("tests.faults.test_selector:Nothing", "expected a Toxic whose type is 'odd'"),
    ],
)
def test_plugins_that_are_broken(plugins, value, told):
    plugins(odd=value)
    with pytest.raises(InvalidPlan, match=told):
        registry.load_toxic("odd")


def test_a_plugin_is_loaded(plugins):
    plugins(nothing="tests.faults.test_selector:Nothing")
    assert registry.load_toxic("nothing").__name__ == "Nothing"
