"""Fuzzes what anybody may send: the webhook, the understanding, the import, the login.

    .venv/bin/python bench/fuzz.py --minutes 30 [--only webhook] [--quick]

Each target for so many minutes, half of them by hypothesis, half by atheris, which is driven by the coverage of our code. What is
found is printed with how to repeat it, and belongs into tests/fuzz/cases.py once it is mended. --quick: five seconds each.
"""

from __future__ import annotations

import argparse
import logging
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import structlog

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
NAMES = ("webhook", "understanding", "import", "login")
ENGINES = ("hypothesis", "atheris")
QUICK = 5
LONGEST, SEEDS = 8192, 50  # bytes of an input; inputs to begin with


def main() -> int:
    """Each target by each engine in a process of its own; the verdict on the last line."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--minutes", type=float, default=30)
    asked.add_argument("--only", choices=NAMES, action="append")
    asked.add_argument("--quick", action="store_true")
    asked.add_argument("--engine", nargs=2, help=argparse.SUPPRESS)
    given = asked.parse_args()
    seconds = QUICK if given.quick else given.minutes * 30
    if given.engine:
        name, engine = given.engine
        return by_hypothesis(name, seconds) if engine == "hypothesis" else by_atheris(name, seconds)
    found = 0
    for name in given.only or NAMES:
        for engine in ENGINES:
            found += _apart(name, engine, seconds, quick=given.quick)
    print(f"{'nothing found' if not found else f'{found} runs found something'}: {'pass' if not found else 'FAIL'}")
    return 1 if found else 0


def _apart(name: str, engine: str, seconds: float, *, quick: bool) -> bool:
    """Runs one engine on one target; gives whether it found something, which is then printed."""
    command = [sys.executable, __file__, "--engine", name, engine, *(["--quick"] if quick else ["--minutes", str(seconds / 30)])]
    begun = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace")
    counted = re.findall(r"(?m)^(?:attacks |Done )(\d+)", done.stdout + done.stderr)
    took = (time.monotonic() - begun) / 60
    said = "ok" if not done.returncode else "FOUND"
    print(f"{name:14} {engine:11} {counted[-1] if counted else '?':>9} attacks {took:6.1f} min  {said}", flush=True)
    if done.returncode:
        print(done.stdout[-6000:], done.stderr[-6000:], sep="\n", flush=True)
    return done.returncode != 0


def by_hypothesis(name: str, seconds: float) -> int:
    """Until the time is over, in batches with other beginnings; what is found is made small and raised."""
    from tests.fuzz.targets import TARGETS, attacking  # noqa: PLC0415 (the other engine imports them its own way)
    from tests.fuzz.timed import attack_for  # noqa: PLC0415
    from tests.world import load_parts  # noqa: PLC0415

    _quiet()
    with attacking(name, load_parts()) as attack:
        print(f"attacks {attack_for(TARGETS[name].made_up, attack, seconds)}")
    return 0


def by_atheris(name: str, seconds: float) -> int:
    """The same strategies, their choices made by libFuzzer. It ends the process by itself."""
    import atheris  # noqa: PLC0415 (it must instrument what is imported after it)

    with atheris.instrument_imports(include=["bot"]):
        from tests.fuzz.targets import TARGETS, attacking  # noqa: PLC0415
        from tests.fuzz.timed import test_of  # noqa: PLC0415
        from tests.world import load_parts  # noqa: PLC0415

    _quiet()
    with attacking(name, load_parts()) as attack:
        one = test_of(TARGETS[name].made_up, attack).hypothesis.fuzz_one_input
        folder = tempfile.mkdtemp(prefix=f"attend-{name}-")
        for number in range(SEEDS):  # hypothesis takes choices from bytes: from few bytes come empty texts alone
            (Path(folder) / str(number)).write_bytes(random.randbytes(LONGEST // 2))
        limits = [
            f"-max_total_time={max(1, int(seconds))}",
            f"-max_len={LONGEST}",
            "-len_control=0",
            "-rss_limit_mb=4096",
            "-timeout=600",  # by the clock on the wall, so a busy machine counts; what an attack may work is the attack's own to check
        ]
        atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={folder}/found-", folder], one)
        atheris.Fuzz()
    return 0


def _quiet() -> None:
    """What is attacked logs each attack; here that is noise, and most of the time."""
    import app as application  # noqa: PLC0415

    application.configure_logs = lambda: None
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


if __name__ == "__main__":
    sys.exit(main())
