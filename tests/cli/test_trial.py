import sys

import pytest

from replayx.cli.trial import TIMED_OUT, VARIABLES, Ready, Trial, addresses, replay_arguments
from replayx.errors import InvalidOption
from tests.cli.test_replay import DEMO

ASK = (
    "import os, sys, urllib.request as r;"
    "body = r.urlopen(os.environ['REPLAYX_REST_URL'] + '/api/v3/ping').read();"
    "sys.exit(7 if body == b'{}' else 1)"
)


def trial(*code, arguments=(str(DEMO), "--port", "0"), timeout_s=60.0):
    command = (sys.executable, "-c", *code)
    return Trial(arguments=arguments, command=command, timeout_s=timeout_s)


def test_a_command_finds_the_replay_in_its_environment():
    assert trial(ASK).exit_code() == 7


def test_a_command_that_does_not_end_is_ended():
    assert trial("import time; time.sleep(600)", timeout_s=0.2).exit_code() == TIMED_OUT


def test_output_goes_where_it_is_wanted(tmp_path):
    path = tmp_path / "told.txt"
    with path.open("w") as output:
        trial("print('hello')").exit_code(output=output)
    assert path.read_text() == "hello\n"


def test_a_replay_that_does_not_start_is_told():
    with pytest.raises(InvalidOption, match=r"nothing\.rpx"):
        trial(ASK, arguments=("nothing.rpx", "--port", "0")).exit_code()


def test_a_command_that_is_not_there_is_told():
    missing = Trial(arguments=(str(DEMO), "--port", "0"), command=("/no/bot",), timeout_s=1.0)
    with pytest.raises(InvalidOption, match="/no/bot cannot be run: No such file"):
        missing.exit_code()


def test_addresses_are_those_of_the_first_market():
    urls = {"rest": "http://a", "ws": "ws://a", "wsapi": "ws://a/x"}
    told = addresses(Ready({"spot": urls, "usdm": {"rest": "http://b"}}, "http://c"))
    assert told == dict(zip(VARIABLES, ("http://a", "ws://a", "ws://a/x", "http://c"), strict=True))
    assert addresses(Ready({"usdm": {"rest": "http://b"}})) == {VARIABLES[0]: "http://b"}


def test_arguments_of_a_replay(tmp_path):
    given = replay_arguments(["a.rpx"], tmp_path, seed=5, speed="max", at_end="close")
    assert given[:3] == ("a.rpx", "--port", "0")
    assert given[given.index("--seed") + 1] == "5"
