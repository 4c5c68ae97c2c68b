"""Real third-party clients against a replay of the project's own cassette.

python tests/conformance/run.py [CLIENT ...] [--cassette PATH]

Each client has an environment of its own, made once under .cache/conformance from the pinned
requirements beside this file (from PyPI), and a replay of its own. Exits with 1 if a check failed.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".cache" / "conformance"
CASSETTE = ROOT / "cassettes" / "binance-demo.rpx"
CLIENTS = {
    "plain": "plain_client.py",
    "binance-connector": "binance_connector_client.py",
    "python-binance": "python_binance_client.py",
    "ccxt": "ccxt_client.py",
}
CLIENT_S = 140  # the tape is 150 s long


def environment(client: str) -> Path:
    """Return the Python of a client's environment, made if it is not there yet."""
    requirements = HERE / "requirements" / f"{client}.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    folder = CACHE / f"{client}-{digest}"
    python, ready = folder / "bin" / "python", folder / "ready"
    if not ready.exists():
        sys.stdout.write(f"installing {client} from PyPI ...\n")
        sys.stdout.flush()
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        install = [python, "-m", "pip", "install", "-qq", "--no-deps", "-r", requirements]
        subprocess.run(install, check=True)
        ready.touch()
    return python


@contextmanager
def replay(cassette: Path, *more: str) -> Iterator[str]:
    """Run a replay server on free ports and give its URLs, as JSON."""
    code = "from replayx.cli.main import main; main()"
    options = ["replay", str(cassette), "--port", "0", "--json", *more]
    server = subprocess.Popen(
        [sys.executable, "-c", code, *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        ready = json.loads(server.stdout.readline() or "{}")
        if ready.get("event") != "ready":
            raise SystemExit(f"`replayx replay {cassette}` did not start")
        yield json.dumps(ready["listeners"])
    finally:
        server.terminate()
        server.wait(timeout=20)


def verdicts(client: str, cassette: Path) -> list[dict]:
    """Run a client; return its checks. One that ends early has a failed check more."""
    python = environment(client)
    with replay(cassette) as urls:
        run = [python, HERE / CLIENTS[client], urls]
        try:
            ended = subprocess.run(
                run, capture_output=True, text=True, timeout=CLIENT_S, check=False
            )
            output, status, said = ended.stdout, ended.returncode, ended.stderr
        except subprocess.TimeoutExpired as expired:
            output, status, said = expired.stdout or b"", -1, f"ran longer than {CLIENT_S} s"
            output = output.decode()
    checks = [json.loads(line) for line in output.splitlines() if line.startswith('{"check"')]
    is_whole = checks and status in (0, 1) and (status == 1) == any(not c["passed"] for c in checks)
    if not is_whole:
        detail = f"exit status {status}: {said[-300:]}"
        checks.append({"check": "runs to its end", "passed": False, "detail": detail})
    return checks


def tell(client: str, checks: list[dict]) -> None:
    """Print a client's checks."""
    version = ", ".join(
        line.strip()
        for line in (HERE / "requirements" / f"{client}.txt").read_text().splitlines()
        if line.split("==")[0].replace("_", "-") in (client, "aiohttp", "websockets")
    )
    sys.stdout.write(f"\n{client} ({version})\n")
    for one in checks:
        mark = "pass" if one["passed"] else "FAIL"
        sys.stdout.write(f"  {mark}  {one['check']:<28} {one['detail'][:120]}\n")
    sys.stdout.flush()


def main() -> int:
    """Run the clients asked for and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clients", nargs="*", metavar="CLIENT", help=f"of {', '.join(CLIENTS)}")
    parser.add_argument("--cassette", type=Path, default=CASSETTE)
    given = parser.parse_args()
    unknown = set(given.clients) - set(CLIENTS)
    if unknown:
        parser.error(f"no client is called {', '.join(sorted(unknown))}")
    totals = {}
    for client in given.clients or CLIENTS:
        checks = verdicts(client, given.cassette)
        tell(client, checks)
        totals[client] = (sum(one["passed"] for one in checks), len(checks))
    sys.stdout.write(f"\n{'client':<20} {'passed':>6} {'of':>4}\n")
    for client, (passed, total) in totals.items():
        sys.stdout.write(f"{client:<20} {passed:>6} {total:>4}\n")
    return int(any(passed != total for passed, total in totals.values()))


if __name__ == "__main__":
    sys.exit(main())
