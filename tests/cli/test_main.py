import os
import subprocess
import sys
import time

import click
import pytest
from click.testing import CliRunner

from replayx import __version__
from replayx.cli.main import VERBS, group
from replayx.errors import ExitCode
from tests.cassettes import write_small


def run(*arguments, **options):
    """Run replayx as a shell does."""
    return subprocess.run(
        [sys.executable, "-m", "replayx", *map(str, arguments)],
        capture_output=True,
        timeout=60,
        check=False,
        **options,
    )


def test_version():
    assert run("--version").stdout.decode() == f"replayx {__version__}\n"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_loads_and_helps_with_examples(verb):
    command = group.get_command(click.Context(group), verb)
    assert command is not None
    done = CliRunner().invoke(group, [verb, "--help"], prog_name="replayx")
    assert done.exit_code == 0, done.output
    assert "Examples:" in done.output
    assert f"replayx {verb}" in done.output
    assert "Exit codes:" in done.output
    assert command.help
    assert VERBS[verb].endswith(".")


def test_help_loads_no_verb():
    program = (
        "import sys; from replayx.cli.main import group; group(['--help'], standalone_mode=False);"
        "heavy = {'aiohttp', 'asyncio', 'msgspec', 'numpy', 'zstandard', 'rich', 'websockets'};"
        "sys.exit(repr(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(verb in done.stdout.decode() for verb in VERBS)


def test_help_is_quick():
    # The best of five against an interpreter that does nothing, so that a busy machine may pass.
    def best(*arguments):
        spent = []
        for _ in range(5):
            begin = time.perf_counter()
            subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
            spent.append(time.perf_counter() - begin)
        return min(spent)

    assert best("-m", "replayx", "--help") - best("-c", "pass") < 0.2


def test_an_error_is_one_line_and_its_exit_code(tmp_path):
    done = run("inspect", tmp_path / "missing.rpx")
    assert done.returncode == ExitCode.BAD_INPUT
    assert done.stderr.decode().startswith("error: ")
    assert done.stderr.count(b"\n") == 1
    assert done.stdout == b""


def test_an_unknown_verb_and_a_wrong_option():
    assert run("dance").returncode == ExitCode.USAGE
    assert run("inspect", "--dance", "x").returncode == ExitCode.USAGE


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    path = write_small(tmp_path / "a.rpx")
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "replayx", "cat", str(path)],
            stdout=write_end,
            stderr=subprocess.PIPE,
            check=False,
        )
    finally:
        os.close(write_end)
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_interrupt_is_no_traceback(monkeypatch, capsys):
    from replayx.cli import main as module

    def interrupted(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module.group, "main", interrupted)
    with pytest.raises(SystemExit) as caught:
        module.main()
    assert caught.value.code == 130
    assert capsys.readouterr().err == "interrupted\n"
