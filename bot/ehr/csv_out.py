"""Writing tables that spreadsheets open without running what stands in them (F-13)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

from bot.ehr.csv_in import runs


def write_table(file: TextIO, head: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Writes a table; gives the number of its rows. None is an empty cell."""
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(head)
    count = 0
    for row in rows:
        writer.writerow([harmless("" if cell is None else str(cell)) for cell in row])
        count += 1
    return count


def harmless(cell: str) -> str:
    """The cell with ' before what a spreadsheet would run: = + - @ or a tab at its start, blanks before it or not."""
    return f"'{cell}" if runs(cell) else cell
