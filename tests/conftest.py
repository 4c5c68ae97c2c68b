"""Fixtures for all tests."""

from pathlib import Path

import pytest
from hypothesis import settings

CAPTURES = Path(__file__).resolve().parents[2] / "shared" / "data"

# The machine is shared and tests run side by side: slowness is no failure. `derandomize` makes a
# run repeatable.
settings.register_profile("replayx", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("replayx")


@pytest.fixture(scope="session")
def captures() -> Path:
    """Return the folder of real captures; skips where it is missing. Mark such tests `capture`."""
    if not (CAPTURES / "MANIFEST.json").exists():
        pytest.skip("the real captures are not beside the repository (../shared/data)")
    return CAPTURES
