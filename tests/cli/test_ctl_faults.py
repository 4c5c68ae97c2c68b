import pytest

from replayx.session.inputs import FaultsAsked
from replayx.venues import registry
from tests.cli.runs import lines, run
from tests.fake_venue import FakeVenue
from tests.server.control.fake_run import FakeRun
from tests.server.control.serving import serving


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr(registry, "load_venue", {"fake": FakeVenue()}.__getitem__)
    run = FakeRun()
    with serving(run) as url:
        yield run, url


def faults(fake, *arguments):
    return run("ctl", "--url", fake[1], "faults", *arguments)


def test_nothing_is_at_work_at_first(fake):
    assert "no toxic is at work" in faults(fake).output


def test_a_toxic_is_added_and_taken_away(fake):
    told = faults(fake, "add", "latency:50ms~10ms@ws").output
    assert "delay=50ms jitter=10ms  carrier=ws " in told
    assert "{" not in told
    (given,) = fake[0].timelines[""].inputs
    assert isinstance(given, FaultsAsked)
    assert given.plan.rules[0].where.carrier == "ws"
    (state,) = lines(run("ctl", "--url", fake[1], "--json", "faults", "remove", "latency"))
    assert state["toxic"] == []


def test_a_toxic_of_several_words_is_taken_away(fake):
    faults(fake, "add", "latency:50ms,name='slow books'")
    assert "slow books" in faults(fake).output
    assert "slow books" not in faults(fake, "remove", "slow books").output


def test_a_preset_or_a_file_takes_the_place_of_what_was_there(fake, tmp_path):
    faults(fake, "add", "stall")
    plan = tmp_path / "plan.toml"
    plan.write_text('[[toxic]]\ntype = "loss"\nrate = "5%"\n')
    (state,) = lines(run("ctl", "--url", fake[1], "--json", "faults", "set", str(plan)))
    assert [toxic["type"] for toxic in state["toxic"]] == ["loss"]
    assert "nth=1+3 first=9" in faults(fake, "add", "stall,nth=1+3,first=9").output
    assert "no toxic" in faults(fake, "clear").output
    assert "latency" in faults(fake, "set", "flaky-wifi").output


def test_what_was_injected_is_told(fake):
    log = fake[0].timelines[""].log
    log.note("drops", "loss", market="fake", link="fake/ws/1/downstream", touched=[(3, 30)])
    told = faults(fake, "log").output
    assert "fake/ws/1/downstream" in told
    assert "3..3" in told
    assert faults(fake, "log", "--toxic", "other").output == ""
    assert "(removed)" in faults(fake).output


@pytest.mark.parametrize("arguments", [("add", "latenzy:50ms"), ("set", "flaky-wify")])
def test_a_word_that_is_none_is_told_with_the_nearest(fake, arguments):
    done = faults(fake, *arguments)
    assert done.exit_code == 3
    assert ("latency" if arguments[0] == "add" else "flaky-wifi") in done.output
