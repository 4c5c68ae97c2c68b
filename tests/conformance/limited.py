"""Real clients against rate limits: do they raise what they raise at the exchange, and recover?

python tests/conformance/limited.py [CLIENT ...]

Limits are small and short: five requests a second, three refusals, a ban of two seconds. Exits with
1 if a check failed.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from run import CASSETTE, CLIENT_S, HERE, environment, replay, tell

CLIENTS = ("ccxt", "python-binance")
LIMITS = """\
rest_limit = 5
rest_period_ms = 1000
[ban]
after = 3
first = "2s"
"""


def main() -> int:
    """Run the clients and print their checks."""
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        limits = Path(folder) / "limits.toml"
        limits.write_text(LIMITS)
        for client in sys.argv[1:] or CLIENTS:
            python = environment(client)
            with replay(CASSETTE, "--limits", str(limits)) as urls:
                run = [python, HERE / "limited_client.py", urls, client]
                ended = subprocess.run(
                    run, capture_output=True, text=True, timeout=CLIENT_S, check=False
                )
            checks = [json.loads(line) for line in ended.stdout.splitlines() if line[:1] == "{"]
            tell(client, checks)
            failed += ended.returncode != 0 or not checks
            sys.stdout.write(ended.stderr[-500:] if ended.returncode else "")
    return min(1, failed)


if __name__ == "__main__":
    sys.exit(main())
