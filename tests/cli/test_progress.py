import sys

from replayx.cli.progress import file_bytes, progress


def test_nothing_is_shown_where_nobody_looks(capsys):
    with progress("Working", 10) as advance:
        advance(10)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_sees_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress("Working", 10) as advance:
        advance(10)
    assert "Working" in capsys.readouterr().err


def test_the_size_of_a_file(tmp_path):
    (tmp_path / "a").write_bytes(b"123")
    assert (file_bytes(tmp_path / "a"), file_bytes(tmp_path / "b")) == (3, 0)
