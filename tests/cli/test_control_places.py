import os
import stat
import subprocess
import sys

import pytest

from replayx.cli.control_places import ControlPlace, folder, found, leave
from replayx.errors import InvalidOption, StorageFailure

MINE = ControlPlace(os.getpid(), "http://127.0.0.1:1", "t", ("a.rpx",))


@pytest.fixture(autouse=True)
def runtime(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def test_what_is_left_is_found_by_its_user_alone(runtime):
    assert found() == []
    path = leave(MINE)
    assert path.parent == folder() == runtime / "replayx"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder().stat().st_mode) == 0o700
    assert found() == [MINE]
    assert leave(MINE) == path
    assert [one.name for one in folder().iterdir()] == [path.name]


def test_those_that_have_ended_are_removed():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    path = leave(ControlPlace(process.pid, "http://127.0.0.1:1", "", ()))
    assert found() == []
    assert not path.exists()


def test_what_is_of_another_form_is_left_alone():
    leave(MINE)
    strange = folder() / "control-1.json"
    strange.write_text("{}")
    assert found() == [MINE]
    assert strange.exists()


def test_a_folder_that_others_may_write_to_is_not_trusted():
    leave(MINE)
    folder().chmod(0o777)
    with pytest.raises(InvalidOption, match="others may write to"):
        found()
    with pytest.raises(StorageFailure, match="others may write there"):
        leave(MINE)


def test_a_link_in_its_place_is_not_followed(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    folder().symlink_to(elsewhere)
    with pytest.raises(StorageFailure):
        leave(MINE)
    assert list(elsewhere.iterdir()) == []


def test_without_a_runtime_folder_it_is_one_of_the_users_own(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert folder() == tmp_path / f"replayx-{os.getuid()}"
    leave(MINE)
    assert found() == [MINE]
