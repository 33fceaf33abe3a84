"""Threads that decode at the same moment: msgspec 0.22 breaks the whole process where one of them meets a type half prepared."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = """
import threading, time
from types import SimpleNamespace

import msgspec._utils
from bot.store import queries

prepare = msgspec._utils.get_class_annotations

def slowly(kind):
    found = prepare(kind)
    time.sleep(0.05)
    return found

msgspec._utils.get_class_annotations = slowly
state = '{"prompt": {"ask": "reminder", "at": "2026-03-04T14:00:00Z", "visits": [1], "starts": ["2026-03-05T14:00:00Z"]}}'
threads = [threading.Thread(target=queries.state_of, args=(SimpleNamespace(state=state),)) for _ in range(8)]
for thread in threads:
    thread.start()
    time.sleep(0.03)
for thread in threads:
    thread.join()
print(queries.state_of(SimpleNamespace(state=state)).prompt.ask)
"""


def test_the_first_texts_after_a_start_may_come_at_the_same_moment() -> None:
    """A web process that had just started died of two texts at once: what decodes is prepared before any thread runs."""
    done = subprocess.run([sys.executable, "-c", AT_ONCE], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, "reminder"), done.stderr


def test_no_decoder_is_made_while_threads_run() -> None:
    """`decode(…, type=…)` makes one each time; the modules make theirs when they are loaded."""
    code = {path: path.read_text(encoding="utf-8") for path in (ROOT / "bot").rglob("*.py")}
    assert [str(path) for path, text in code.items() if re.search(r"(decode|convert)\([^\n]*\btype=", text)] == []
    assert sum("msgspec.json.Decoder(" in text for text in code.values()) >= 5
