import pytest

from replayx.server.control.guard import Guard, hostname, is_loopback, is_wildcard


@pytest.mark.parametrize(
    ("bound", "host", "is_own"),
    [
        ("127.0.0.1", "127.0.0.1:80", True),
        ("127.0.0.1", "127.9.9.9", True),
        ("127.0.0.1", "LocalHost:80", True),
        ("127.0.0.1", "localhost.", True),
        ("127.0.0.1", "[::1]:80", True),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "localhost.evil.example", False),
        ("127.0.0.1", "evil.example:80@127.0.0.1", False),
        ("127.0.0.1", "192.0.2.1", False),
        ("192.0.2.1", "192.0.2.1:9", True),
        ("192.0.2.1", "192.0.2.2:9", False),
        ("box.example", "BOX.example:9", True),
        ("0.0.0.0", "192.0.2.2:9", True),
        ("0.0.0.0", "evil.example", False),
        ("0.0.0.0", "", False),
        ("", "", False),
        ("::", "[2001:db8::1]:9", True),
        ("127.0.0.1", "127.0.0.1.", True),
        ("127.0.0.1", "[::ffff:127.0.0.1]:80", True),
        ("127.0.0.1", "[::ffff:192.0.2.1]:80", False),
        ("127.0.0.1", "0.0.0.0", False),
        ("127.0.0.1", "127.0.0.1.evil.example", False),
        ("127.0.0.1", "127.0.0.1:80@evil.example", False),
        ("127.0.0.1", "127.0.0.1:80:evil.example", False),
        ("127.0.0.1", "localhost:evil", False),
        ("127.0.0.1", "localhost/evil", False),
        ("127.0.0.1", "localhost, evil.example", False),
        ("127.0.0.1", "[::1]evil.example", False),
        ("127.0.0.1", "[::1", False),
        ("127.0.0.1", "[localhost]", False),
    ],
)
def test_hosts(bound, host, is_own):
    problem = Guard(bound).problem({"Host": host})
    assert (problem is None) == is_own
    assert problem is None or (problem.status, problem.where) == (403, "Host")


@pytest.mark.parametrize(
    ("authorization", "is_known"),
    [
        ("Bearer t0ken", True),
        ("bearer  t0ken ", True),
        ("Basic t0ken", False),
        ("t0ken", False),
        ("Bearer", False),
        ("Bearer t0kens", False),
        ("Bearer \udcff", False),
    ],
)
def test_tokens(authorization, is_known):
    headers = {"Host": "localhost", "Authorization": authorization}
    problem = Guard("127.0.0.1", "t0ken").problem(headers)
    assert (problem is None) == is_known
    assert problem is None or problem.status == 401


def test_an_origin_must_be_the_ports_own():
    guard = Guard("127.0.0.1")
    own = {"Host": "127.0.0.1:80", "Origin": "http://127.0.0.1:80"}
    assert guard.problem(own) is None
    assert guard.problem({**own, "Origin": "https://127.0.0.1:80"}).where == "Origin"


@pytest.mark.parametrize(
    ("host", "name"),
    [("a:1", "a"), ("[::1]:1", "::1"), ("[::1", ""), ("A.", "a"), ("::1", ""), ("", "")],
)
def test_names_of_hosts(host, name):
    assert hostname(host) == name


@pytest.mark.parametrize(
    ("host", "loopback", "wildcard"),
    [
        ("127.0.0.1", True, False),
        ("::1", True, False),
        ("localhost", True, False),
        ("0.0.0.0", False, True),
        ("::", False, True),
        ("::ffff:127.0.0.1", True, False),
        ("::ffff:0.0.0.0", False, True),
        ("", False, True),
        ("box.example", False, False),
    ],
)
def test_what_an_address_reaches(host, loopback, wildcard):
    assert (is_loopback(host), is_wildcard(host)) == (loopback, wildcard)
