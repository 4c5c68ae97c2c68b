"""`python -m replayx`: the same as `replayx`."""

from replayx.cli.main import main

main()
