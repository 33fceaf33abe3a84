"""The benches run and hold the limits that they name."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from bot.settings import ROOT


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("name", ["crash", "delivery", "inbox", "machines", "planning", "restore", "understand", "webhook"])
def test_a_quick_bench_passes(name: str) -> None:
    """Its verdict stands on the last line."""
    done = subprocess.run([sys.executable, f"bench/{name}.py", "--quick"], capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


@pytest.fixture
def delivery(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The bench of what goes out, as it imports its neighbours."""
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    yield importlib.import_module("delivery")
    for name in [name for name, each in sys.modules.items() if "." not in name and _of_bench(each)]:
        del sys.modules[name]


def _of_bench(module: ModuleType) -> bool:
    return (getattr(module, "__file__", None) or "").startswith(str(ROOT / "bench"))


@pytest.mark.parametrize(
    ("shares", "counts", "tries"),
    [([0.99], 0.99, 1), ([0.5, 0.97], 0.97, 2), ([0.5, 0.6, 0.55], 0.6, 3), ([1.3], 1.3, 1), ([0.5, 1.3], 1.3, 2)],
    ids=["enough", "a busy moment", "always too little", "too much", "too much after a busy moment"],
)
def test_a_busy_moment_does_not_fail_the_rate_and_nothing_hides_a_wrong_one(
    delivery: ModuleType, monkeypatch: pytest.MonkeyPatch, shares: list[float], counts: float, tries: int
) -> None:
    """The best of a few tries counts, unless one was too fast."""
    left = iter(shares)
    monkeypatch.setattr(delivery, "filled", lambda _url, _texts: next(left))
    assert delivery.used(lambda: "", 600, 0.1) == counts
    assert len(shares) - len(list(left)) == tries
