"""Flight recorder and simulator for exchange APIs: public names only."""

from replayx.errors import ReplayxError

__all__ = ["ReplayxError", "__version__"]

__version__ = "0.1.0"
