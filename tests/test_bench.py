"""The benches run and hold the limits that they name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bot.settings import ROOT


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("name", ["crash", "delivery", "inbox", "planning", "restore", "understand", "webhook"])
def test_a_quick_bench_passes(name: str) -> None:
    """Its verdict stands on the last line."""
    done = subprocess.run([sys.executable, f"bench/{name}.py", "--quick"], capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
