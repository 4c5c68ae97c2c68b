from replayx.server.control.controls import Run, Timeline
from tests.server.control.fake_run import FakeRun, FakeTimeline


def names(protocol):
    return {name for name in vars(protocol) if not name.startswith("_")}


def test_the_fake_run_is_one():
    assert names(Run) <= set(dir(FakeRun()))
    assert names(Timeline) <= set(dir(FakeTimeline()))
