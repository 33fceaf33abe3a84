"""Reading a clinic's CSV: every mistake told with line and column, none stopping the rest (F-12)."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.ehr import csv_in
from bot.ehr.csv_in import Problem, Row
from bot.ehr.csv_out import harmless, write_table
from bot.errors import DataError
from bot.settings import ROOT

NEW_YORK = ZoneInfo("America/New_York")
HEAD = "identifier,patient,service,start,name,language,phone"


def read(text: str, *, head: str = HEAD) -> list[Row | Problem]:
    """The rows of a table."""
    file = io.StringIO(f"{head}\n{text}", newline="")
    return list(csv_in.open_table(file, Path("visits.csv"), zone=NEW_YORK).rows)


def visit(start: str = "2026-03-10 09:30", phone: str = "(716) 555-0121", identifier: str = "V1") -> str:
    """A row; cells are quoted as needed."""
    out = io.StringIO()
    csv.writer(out).writerow([identifier, "P1", "primary", start, "Hale, Dorothy", "en", phone])
    return out.getvalue()


def row(text: str) -> Row:
    """The only row, without mistakes."""
    (found,) = read(text)
    assert isinstance(found, Row), found
    return found


def problem(text: str) -> Problem:
    """The only row's mistake."""
    (found,) = read(text)
    assert isinstance(found, Problem), found
    return found


def test_a_row_says_what_its_cells_say() -> None:
    """Local time in the clinic's zone, numbers in E.164, empty cells nothing."""
    says = row(visit()).says
    assert says["start"] == datetime(2026, 3, 10, 13, 30, tzinfo=UTC)
    assert says["phone"] == ["+17165550121"]
    assert says["name"] == "Hale, Dorothy"
    assert "phone" not in row(visit(phone="")).says


@pytest.mark.parametrize(("cell", "zone"), [("America/Chicago", "America/Chicago"), ("pacific/honolulu", "Pacific/Honolulu")])
def test_a_zone_is_known_by_its_name(cell: str, zone: str) -> None:
    """In any case of letters."""
    (found,) = read(f"P1,Hale,en,{cell}\n", head="identifier,name,language,zone")
    assert isinstance(found, Row)
    assert found.says["zone"] == zone


@pytest.mark.parametrize("cell", ["Central", "CDT", "UTC-6", "../../etc/passwd"])
def test_what_is_no_zone_is_told(cell: str) -> None:
    """A wrong zone would text people in their night (O-19)."""
    (found,) = read(f"P1,Hale,en,{cell}\n", head="identifier,name,language,zone")
    assert isinstance(found, Problem)
    assert (found.column, "America/Chicago" in found.what) == ("zone", True)


@pytest.mark.parametrize("number", ["1.71656E+10", "1.2E+10", "1,71656E+10", "1.72E10", "7E+9"])
def test_a_number_that_a_spreadsheet_has_cut_is_left_out(number: str) -> None:
    """Its digits are gone, so any number would be somebody else's (F-12)."""
    found = problem(visit(phone=number))
    assert (found.line, found.column) == (2, "phone")
    assert "format the column as text" in found.what


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("555-0121", "no such number"),
        ("716 555 01212", "no such number"),
        ("(716) 555-0121 x5", "extension"),
        ("+1 416 555 0121", "only US numbers"),
        ("+1 809 555 0121", "only US numbers"),
        ("ask her daughter", "area code"),
        ("911", "no such number"),
    ],
)
def test_a_number_that_cannot_be_texted_is_left_out(number: str, why: str) -> None:
    """Too short, too long, with an extension (N-11), Canadian or Caribbean (D-16), or words."""
    assert why in problem(visit(phone=number)).what


@pytest.mark.parametrize("number", ["7165550121", "1-716-555-0121", "+17165550121", "'+17165550121", '="7165550121"', " 716.555.0121 "])
def test_numbers_are_read_however_they_are_written(number: str) -> None:
    """With what protects a cell from spreadsheets, too (F-13)."""
    assert row(visit(phone=number)).says["phone"] == ["+17165550121"]


def test_a_time_that_summer_time_skips_is_left_out() -> None:
    """Two in the morning of 8 March 2026 does not exist in New York."""
    assert "skip" in problem(visit("2026-03-08 02:30")).what


def test_a_time_that_comes_twice_is_asked_about_with_both_offsets() -> None:
    """One in the morning of 1 November 2026; with an offset it is clear."""
    found = problem(visit("2026-11-01 01:30"))
    assert "-04:00" in found.what
    assert "-05:00" in found.what
    assert row(visit("2026-11-01T01:30-05:00")).says["start"] == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["3/10/2026 9:30 AM", "03/10/2026 09:30", "2026-03-10T09:30", "2026-03-10 09:30:00", "2026-03-10T14:30:00+01:00"]
)
def test_times_are_read_however_they_are_written(text: str) -> None:
    """As US spreadsheets write them, or as ISO 8601."""
    assert row(visit(text)).says["start"] == datetime(2026, 3, 10, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["tomorrow", "2026-03-10", "10.03.2026 09:30", "13/40/2026 9:30 AM", "9:30"])
def test_a_time_that_is_none_is_left_out(text: str) -> None:
    """With an example of what to write."""
    assert "2026-03-10 09:30" in problem(visit(text)).what


def test_half_a_row_does_not_stop_the_rest() -> None:
    """A file that was cut, and a comma without quotes."""
    found = read(visit() + "V2,P1,prim\n" + visit(identifier="V3") + "V4,P1,primary,2026-03-10 09:30,Hale, Dorothy,en,\n")
    assert [type(each) for each in found] == [Row, Problem, Row, Problem]
    assert [each.line for each in found] == [2, 3, 4, 5]


def test_a_line_break_within_quotes_is_part_of_the_cell() -> None:
    """The line of a row is the one that it begins on."""
    found = read('V1,P1,primary,2026-03-10 09:30,"Dorothy\nHale",en,\nV2,P1,primary,never,Dorothy,en,\n')
    assert isinstance(found[0], Row)
    assert found[0].says["name"] == "Dorothy Hale"
    assert (found[1].line, isinstance(found[1], Problem)) == (4, True)


def test_a_quote_that_is_never_closed_is_told_with_its_line() -> None:
    """What is behind it cannot be read, and what is before it can."""
    found = read(visit() + 'V2,P1,primary,2026-03-10 09:30,"Dorothy,en,\n' + visit(identifier="V3"))
    assert isinstance(found[0], Row)
    assert isinstance(found[1], Problem)
    assert found[1].line == 3
    assert "never closed" in found[1].what


def test_the_same_identifier_twice_is_left_out_the_second_time() -> None:
    """With the line of the first."""
    second = read(visit() + visit())[1]
    assert isinstance(second, Problem)
    assert "line 2" in second.what


def test_an_empty_needed_cell_is_told() -> None:
    """With what should stand there."""
    found = problem(",P1,primary,2026-03-10 09:30,Dorothy,en,\n")
    assert (found.column, found.what.startswith("is empty")) == ("identifier", True)


def test_a_problem_never_repeats_the_cell() -> None:
    """Cells are private, and what is printed may be kept (H-11)."""
    for text in (visit(phone="zanahoria"), visit(start="zanahoria"), visit(identifier="zanahoria" * 20)):
        assert "zanahoria" not in str(problem(text))


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings_of_spreadsheets_are_recognised(tmp_path: Path, coding: str) -> None:
    """UTF-8 with and without its mark, Windows-1252, and a spreadsheet's "Unicode text"."""
    path = tmp_path / "patients.csv"
    path.write_bytes("identifier,name,language\nP1,Lucía Ramírez,Spanish\n".encode(coding))
    with path.open(encoding=csv_in.encoding(path), newline="") as file:
        (found,) = csv_in.open_table(file, path, zone=NEW_YORK).rows
    assert isinstance(found, Row)
    assert (found.says["name"], found.says["language"]) == ("Lucía Ramírez", "es")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_recognised(delimiter: str) -> None:
    """Commas, semicolons of European spreadsheets, tabs; columns in any order and case."""
    (found,) = read(delimiter.join(["Hale", "P1", "en"]), head=delimiter.join(["Name", "IDENTIFIER", " Language "]))
    assert isinstance(found, Row)
    assert found.says == {"name": "Hale", "identifier": "P1", "language": "en"}


@pytest.mark.parametrize(
    ("head", "lacks"), [("name,start", "patient"), ("identifier,start", "service"), ("name", "language"), ("", "name")]
)
def test_a_head_that_lacks_a_column_stops_the_import(head: str, lacks: str) -> None:
    """With what lacks and what may stand there."""
    with pytest.raises(DataError, match=f"lacks .*{lacks}"):
        read("", head=head)


def test_what_is_no_text_file_is_told(tmp_path: Path) -> None:
    """A spreadsheet that was renamed instead of exported."""
    path = tmp_path / "visits.csv"
    path.write_bytes(b"PK\x03\x04\x00\x00\x00\x08")
    with pytest.raises(DataError, match="save the table as CSV"):
        csv_in.encoding(path)


@pytest.mark.parametrize("cell", ["=1+1", "+17165550121", "-2", "@SUM(A1)", "\t=1", "\r=1", "  =1", "=cmd|' /C calc'!A0"])
def test_a_cell_that_a_spreadsheet_would_run_is_neutralised(cell: str) -> None:
    """F-13: the numbers that we write begin with + themselves."""
    assert harmless(cell) == f"'{cell}"


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")).filter(lambda text: not text.startswith("'")), min_size=2)
)
@example(["", "\r"])
def test_what_is_written_is_read_again(cells: list[str]) -> None:
    """No cell is lost or split by what protects it; blanks at its ends do not count."""
    out = io.StringIO(newline="")
    write_table(out, [f"c{number}" for number in range(len(cells))], [cells])
    out.seek(0)
    again = list(csv.reader(out, strict=True))[1]
    assert not any(cell.startswith(csv_in.DANGEROUS) for cell in again)
    assert [csv_in.plain(cell) for cell in again] == [cell.strip() for cell in cells]


@given(st.text(st.characters(codec="utf-8"), max_size=400))
def test_no_table_breaks_the_reader(text: str) -> None:
    """Whatever stands behind a good head becomes rows and problems (F-12)."""
    for found in read(text):
        assert isinstance(found, Row | Problem)
        assert found.line >= 2


@given(st.binary(max_size=300))
def test_no_file_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Bytes are a table, or a DataError."""
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(b"identifier,name,language\n" + content)
    try:
        with path.open(encoding=csv_in.encoding(path), errors="replace", newline="") as file:
            list(csv_in.open_table(file, path, zone=NEW_YORK).rows)
    except DataError:
        return


def test_every_column_stands_in_the_document() -> None:
    """What a clinic must know of a table is what the reader reads."""
    document = (ROOT / "docs" / "clinic.md").read_text()
    names = {name for table in csv_in.columns(NEW_YORK).values() for name in table}
    assert [name for name in sorted(names) if f"`{name}`" not in document] == []


@pytest.mark.parametrize("start", ["0001-01-01 00:00+14:00", "9999-12-31 23:59", "0026-03-10 09:30"])
def test_a_year_that_cannot_be_meant_is_told(start: str) -> None:
    """F-12: at the calendar's ends there is no UTC; a year of two digits is a slip."""
    assert problem(visit(start)).what == "the year must be one from 2000 to 2099"
