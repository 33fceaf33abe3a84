"""Learns from the phrases if the cache holds nothing of them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bot.settings import ROOT
from bot.understand.reader import load_reader

load_reader(ROOT / "intents", cache=ROOT / "instance" / "cache")
