"""Fixtures for all tests."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

CAPTURES = Path(__file__).resolve().parents[2] / "shared" / "data"

# The machine is shared and tests run side by side: slowness is no failure. `derandomize` makes a
# run repeatable.
settings.register_profile("replayx", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("replayx")

Imported = Callable[..., Path]


@pytest.fixture(scope="session")
def captures() -> Path:
    """Return the folder of real captures; skips where it is missing. Mark such tests `capture`."""
    if not (CAPTURES / "MANIFEST.json").exists():
        pytest.skip("the real captures are not beside the repository (../shared/data)")
    return CAPTURES


@pytest.fixture(scope="session")
def imported(captures: Path, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    """Return what imports captures, given by name, once for all workers. Read them only."""
    from replayx.recorder.importer import import_captures

    # A worker's folder lies in that of the run.
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    mine = tmp_path_factory.getbasetemp()
    folder = (mine.parent if is_worker else mine) / "imported"
    folder.mkdir(exist_ok=True)

    def cassette(*names: str) -> Path:
        path = folder / f"{'+'.join(names)}.rpx"
        if not path.exists():
            made = tmp_path_factory.mktemp("import") / path.name
            import_captures([captures / "ws" / f"{name}.ndjson.zst" for name in names], made)
            made.replace(path)  # two workers may have made the same: the files are alike
        return path

    return cassette
