"""Today, and the pictures of a period: each as SVG, as a table beside it, and as CSV."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import pygal
from flask import Blueprint, Response, abort, render_template, request
from pygal.style import Style

from bot.desk.figures import Figure, Period
from bot.desk.further import FIGURES
from bot.desk.tallies import REACH
from bot.store.today import STATES, today
from bot.web import live
from bot.web.forms import as_number
from bot.web.tongue import words
from bot.web.wiring import wired

blueprint = Blueprint("pictures", __name__)
PERIODS = {7: "7 days", 30: "30 days", 90: "90 days", 365: "a year"}
SCRIPT = re.compile(r"<script.*?</script>", re.DOTALL)  # for tooltips, which pictures in a page do not have
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
WIDE = 720
LONG = 16  # letters of a column's name that has too little room beside three others
SAID = {"needs-action": "No answer yet", "tentative": "Not sure", "declined": "Cannot come", "accepted": "Coming"}
# Told apart in print and by who sees few colours: dark, mid, light, warm.
STYLE = Style(
    background="transparent", plot_background="transparent", font_family="system-ui, sans-serif", opacity="1",
    label_font_size=15, major_label_font_size=15, legend_font_size=13, foreground="#17212e", foreground_strong="#17212e",
    foreground_subtle="#dde3ea", guide_stroke_color="#dde3ea", major_guide_stroke_color="#dde3ea", guide_stroke_dasharray="0",
    major_guide_stroke_dasharray="0", colors=("#0b6e63", "#d98b1f", "#1c5a9f", "#9fb0c2", "#7a3b69", "#4d4d4d"),
)  # fmt: skip


@blueprint.get("/today")
def day() -> str:
    """What needs somebody now, the next day's visits, promises, barriers, silence. It prints as a handover."""
    bot = wired().bot
    open_page = live.Page(day=True).live(bot)
    with bot.store.session() as session:
        shown = today(session, bot.clinic_id, bot.clock(), bot.clinic.zone)
    return render_template("today.html", today=shown, said=SAID, states=STATES, live=open_page)


@dataclass(frozen=True)
class Span:
    """What an address asks for: the last so many days, or those from one to another."""

    days: int
    first: date
    last: date

    @property
    def asked(self) -> dict[str, str | int]:
        """The same in an address."""
        return {"days": self.days} if self.days else {"first": self.first.isoformat(), "last": self.last.isoformat()}

    def period(self) -> Period:
        """With the last so many days, as many of the future's visits as are on the calendar for a week."""
        bot = wired().bot
        now, zone = bot.clock(), bot.clinic.zone
        since, after = (datetime.combine(day, time(), zone) for day in (self.first, self.last + timedelta(days=1)))
        return Period(bot.clinic_id, since, now, now + timedelta(days=7) if self.days else after, bot.clinic, words())


def _span() -> Span:
    today = wired().bot.clock().astimezone(wired().bot.clinic.zone).date()
    first, last = (request.args.get(name, type=date.fromisoformat) for name in ("first", "last"))
    if first is not None and last is not None and today - REACH <= first <= last <= today + REACH:
        return Span(0, first, last)
    days = request.args.get("days", 30, type=as_number)
    days = days if days in PERIODS else 30
    return Span(days, today - timedelta(days=days), today)


@blueprint.get("/pictures")
def index() -> str:
    """Every picture with its table."""
    span = _span()
    period = span.period()
    with wired().bot.store.session() as session:
        missing = period.missing(session)
        found = [(make(session, period), _not_counted(missing[make.__name__])) for make in FIGURES]
    return render_template("pictures.html", figures=found, tall=tall, wide=WIDE, span=span, periods=PERIODS, reach=REACH)


def _figure(name: str) -> tuple[Figure, str]:
    """A picture, and what is not counted in it yet."""
    make = next((make for make in FIGURES if make.__name__ == name.replace("-", "_")), None)
    if make is None:
        abort(404)
    period = _span().period()
    with wired().bot.store.session() as session:
        return make(session, period), _not_counted(period.missing(session)[make.__name__])


def _not_counted(days: int) -> str:
    """How many days of a period a picture lacks, in words; "" where it lacks none."""
    if not days:
        return ""
    return words().many(
        "%(num)s day of this period is not counted yet: it is missing here and comes within minutes.",
        "%(num)s days of this period are not counted yet: they are missing here and come within minutes, the newest first.",
        days,
    )


@blueprint.get("/pictures/<name>.svg")
def svg(name: str) -> Response:
    """A picture. It has a policy of its own: its style stands in it, and it may do nothing."""
    response = Response(draw(_figure(name)[0]), mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return response


@blueprint.get("/pictures/<name>.csv")
def table(name: str) -> Response:
    """The numbers."""
    response = Response(as_csv(*_figure(name)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def tall(figure: Figure) -> int:
    """How many pixels high a drawing is that is WIDE: its page keeps the room until it is there."""
    return 320 if figure.weekly else 110 + 38 * len(figure.rows)


def draw(figure: Figure) -> str:
    """Bars, stacked where the columns add up to a whole; lying where the rows are names."""
    lying = not figure.weekly
    upright, flat = (pygal.StackedBar, pygal.HorizontalStackedBar) if figure.stacked else (pygal.Bar, pygal.HorizontalBar)
    drawn = range(1, len(figure.columns))[-figure.drawn :]
    columns = len(drawn)
    long = any(len(figure.columns[number]) > LONG for number in drawn)
    side_by_side = 2 if long and columns % 2 == 0 else columns  # pygal cuts off a last line that is not full
    chart: Any = (flat if lying else upright)(
        style=STYLE, js=(), width=WIDE, height=tall(figure), legend_at_bottom=True,
        show_legend=columns > 1, legend_at_bottom_columns=side_by_side, truncate_legend=-1, disable_xml_declaration=True, margin=12,
        min_scale=2, max_scale=6, order_min=0, no_data_text="", value_formatter=lambda value: f"{value:g}",
    )  # fmt: skip
    rows = figure.rows[::-1] if lying else figure.rows  # the first stands on top
    chart.x_labels = [str(row[0]) for row in rows]
    for number in drawn:
        chart.add(figure.columns[number], [float(row[number]) for row in rows])
    return SCRIPT.sub("", chart.render())


def as_csv(figure: Figure, missing: str = "") -> str:
    """The table, with what is not counted yet in a last row; no cell begins like a formula, since spreadsheets would run it (F-13)."""
    rows = [figure.columns, *figure.rows, *([(missing,)] if missing else [])]
    out = io.StringIO()
    csv.writer(out).writerows([[neutral(str(cell)) for cell in row] for row in rows])
    return out.getvalue()


def neutral(cell: str) -> str:
    """The cell with an apostrophe before whatever a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) else cell
