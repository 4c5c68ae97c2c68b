import pytest

from tests.cli.runs import lines, run
from tests.server.control.fake_run import FakeRun
from tests.server.control.serving import serving


@pytest.fixture
def url():
    with serving(FakeRun()) as url:
        yield url


def test_no_limits_are_imposed_at_first(url):
    assert run("ctl", "--url", url, "limits").output == "no limits are imposed\n"


def test_limits_are_imposed_from_a_file(url, tmp_path):
    wanted = tmp_path / "limits.toml"
    wanted.write_text("rest_limit = 10\nrest_period_ms = 1000\n")
    (state,) = lines(run("ctl", "--url", url, "--json", "limits", "set", str(wanted)))
    assert (state["limits"]["rest_limit"], state["limits"]["rest_period_ms"]) == (10, 1000)
    (state,) = lines(run("ctl", "--url", url, "--json", "limits", "set", "off"))
    assert state["limits"] == {"rules": "off"}


def test_a_file_that_is_not_there_is_told(url):
    done = run("ctl", "--url", url, "limits", "set", "nowhere.toml")
    assert done.exit_code != 0
    assert "nowhere.toml" in done.output
