"""`python -m replayx`."""

from replayx.cli.main import main

if __name__ == "__main__":
    main()
