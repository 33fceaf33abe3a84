"""nlp.js as a reader of the same phrases and sentences, run by Node; installed beside the cache when npm is there."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bot.settings import ROOT
from bot.understand.measure import verdicts
from bot.understand.phrases import ANYWHERE, Phrase
from bot.understand.types import Understanding

PACKAGE = "node-nlp@4.27.0"
SURE = 0.5  # its own default: below, it says that it does not know
PLACE = ROOT / "instance" / "cache" / "nlpjs"


@dataclass(frozen=True)
class Measured:
    """exact, wrong: percent of the sentences, as for ours. training: seconds; each: milliseconds a sentence."""

    exact: float
    wrong: float
    training: float
    each: float


def missing() -> str:
    """Installs nlp.js where it is not yet; says why it cannot be asked, or nothing."""
    if not shutil.which("npm") or not shutil.which("node"):
        return "npm and node are not there"
    if (PLACE / "node_modules" / "node-nlp").exists():
        return ""
    PLACE.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--fetch-retries=0", "--prefix", str(PLACE), PACKAGE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return f"{PACKAGE} was not installed within 60 seconds"
    return "" if done.returncode == 0 else f"{PACKAGE} could not be installed"


def compare(phrases: list[Phrase], tests: list[Phrase], language: str) -> Measured:
    """Learns every phrase as an intent of its own labels, told after what it was said by a word in front, and reads the tests."""
    documents = [(_told(phrase), "+".join(sorted(phrase.labels))) for phrase in phrases]
    asked = {"language": language, "documents": documents, "sentences": [_told(sentence) for sentence in tests]}
    script = shutil.copy(Path(__file__).with_name("nlpjs.js"), PLACE)  # Node looks for packages beside the script
    done = subprocess.run(["node", script], input=json.dumps(asked), capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    found = [verdicts(test, _understood(intent, score)) for test, (intent, score) in zip(tests, answer["found"], strict=True)]
    exact, wrong = (100 * sum(name in each for each in found) / len(tests) for name in ("exact", "wrong"))
    return Measured(exact, wrong, answer["training"], answer["each"])


def _told(phrase: Phrase) -> str:
    """The text, and what the bot had sent before, which our reader is told as well."""
    return phrase.text if phrase.contexts == ANYWHERE else f"after{min(phrase.contexts)} {phrase.text}"


def _understood(intent: str, score: float) -> Understanding:
    labels = intent.split("+") if intent != "None" and score >= SURE else []
    urgent = next((label.split(".")[1] for label in labels if label.startswith("urgent.")), None)
    return Understanding(acts=frozenset(label.split(".")[0] for label in labels) - {"urgent"}, urgent=urgent)
