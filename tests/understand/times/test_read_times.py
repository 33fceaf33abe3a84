"""What patients answer to "What day or time would be better?", read as wishes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import DataError
from bot.understand.times import HORIZON, as_answer, load_vocabulary, read_times
from bot.understand.types import When, Wish
from bot.yamlfile import read_yaml
from tests.quick import quick

HERE = Path(__file__).parent
NOW = datetime(2026, 3, 4, 9, 0)
DAYS = [NOW.date() + timedelta(days=n) for n in range(HORIZON)]
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CASES = {path.stem: read_yaml(path) for path in sorted(HERE.glob("*.yaml"))}
EXCEPT = {
    "en": (
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        (
            "any day but {}",
            "any day except {}",
            "not {}",
            "anything but {}",
            "i cant do {}",
            "{} is no good",
            "{} doesnt work",
            "no {} please",
        ),
    ),
    "es": (
        ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo"),
        (
            "cualquier dia menos el {}",
            "cualquier dia excepto {}",
            "no puedo el {}",
            "el {} no puedo",
            "el {} no",
            "menos {}",
            "que no sea {}",
        ),
    ),
    "fr": (
        ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        (
            "n'importe quel jour sauf {}",
            "tous les jours sauf le {}",
            "pas {}",
            "je ne peux pas le {}",
            "le {} je peux pas",
            "{} non",
            "{} ça ne va pas",
            "tout mais pas {}",
        ),
    ),
    "pt": (
        ("segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo"),
        (
            "qualquer dia menos {}",
            "qualquer dia exceto {}",
            "{} não",
            "não posso na {}",
            "na {} não dá",
            "desde que não seja {}",
            "{} não posso",
        ),
    ),
    "it": (
        ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
        (
            "qualsiasi giorno tranne {}",
            "tutti i giorni eccetto il {}",
            "{} no",
            "non {}",
            "non posso {}",
            "{} non posso",
            "{} non va bene",
            "purché non sia {}",
        ),
    ),
    "de": (
        ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
        (
            "jeden Tag außer {}",
            "nur nicht am {}",
            "{} nicht",
            "nicht {}",
            "am {} kann ich nicht",
            "{} geht nicht",
            "alles außer {}",
            "ich kann {} nicht",
        ),
    ),
    "ht": (
        ("lendi", "madi", "mèkredi", "jedi", "vandredi", "samdi", "dimanch"),
        (
            "nenpòt jou sof {}",
            "tout jou eksepte {}",
            "pa {}",
            "{} m pa kapab",
            "mwen pa ka vini {}",
            "{} pa bon",
            "nenpòt jou men pa {}",
            "{} non",
        ),
    ),
    "pl": (
        ("poniedziałek", "wtorek", "środę", "czwartek", "piątek", "sobotę", "niedzielę"),
        (
            "każdy dzień byle nie {}",
            "kiedykolwiek, ale nie w {}",
            "tylko nie w {}",
            "nie w {}",
            "{} nie mogę",
            "nie mogę w {}",
            "{} nie",
            "{} odpada",
            "{} mi nie pasuje",
            "w {} pracuję",
        ),
    ),
    "ru": (
        ("понедельник", "вторник", "среду", "четверг", "пятницу", "субботу", "воскресенье"),
        (
            "любой день только не {}",
            "в любой день, но не в {}",
            "не в {}",
            "{} не могу",
            "я не могу в {}",
            "в {} не получится",
            "{} нет",
            "когда угодно лишь бы не в {}",
            "{} мне не подходит",
        ),
    ),
    "tl": (
        ("Lunes", "Martes", "Miyerkules", "Huwebes", "Friday", "Sabado", "Sunday"),
        (
            "kahit anong araw maliban sa {}",
            "kahit kailan wag lang {}",
            "any day basta hindi {}",
            "hindi pwede sa {}",
            "hnd pde {}",
            "di ako pwede ng {}",
            "sa {} hindi ako pwede",
            "{} d pde",
            "may pasok ako sa {}",
            "wag po {}",
            "pwera {}",
        ),
    ),
    "vi": (
        ("thứ hai", "thứ ba", "thu 4", "T5", "thứ sáu", "thu bay", "chủ nhật"),
        (
            "ngày nào cũng được trừ {}",
            "ngày nào cũng được, trừ {}",
            "ngay nao cung duoc tru {}",
            "không phải {}",
            "đừng {}",
            "dung {}",
            "{} không được",
            "{} ko dc",
            "{} tôi bận",
            "{} toi khong di duoc",
            "tôi không đi được {}",
            "lúc nào cũng được miễn không phải {}",
        ),
    ),
    "zh": (
        ("周一", "星期二", "礼拜三", "週四", "星期五", "禮拜六", "周日"),
        (
            "除了{}都可以",
            "{}不行",
            "不要{}",
            "{}没空",
            "{}以外都可以",
            "只要不是{}就行",
            "我{}要上班",
            "任何一天除了{}",
            "{}唔得",
        ),
    ),
    "ja": (
        ("月曜", "火曜日", "水曜", "木曜日", "金曜", "土曜日", "日曜"),
        (
            "{}以外",
            "{}以外ならいつでも",
            "{}は無理です",
            "{}はだめ",
            "{}はちょっと…",
            "{}を除いて",
            "{}は都合が悪い",
            "{}は行けません",
            "{}は仕事です",
        ),
    ),
    "ko": (
        ("월요일", "화욜", "수요일", "목욜", "금요일", "토욜", "일요일"),
        (
            "{} 빼고",
            "{}빼고 다 괜찮아요",
            "{}은 안 돼요",
            "{}은안돼요",
            "{}만 아니면 돼요",
            "{} 제외하고 아무 때나",
            "{} 말고",
            "{}은 못 가요",
            "{}은 시간이 없어요",
        ),
    ),
    "fa": (
        ("دوشنبه", "سه‌شنبه", "چهار شنبه", "۵شنبه", "جمعه", "شنبه", "یک‌شنبه"),
        (
            "هر روز به جز {}",
            "هر روزی غیر از {}",
            "{} نه",
            "نه {}",
            "{} نمی‌تونم",
            "{} نمیشه",
            "نمیتونم {} بیام",
            "{} کار دارم",
            "{} نباشه",
            "{} وقت ندارم",
            "هر روز جز {}",
        ),
    ),
    "hi": (
        ("सोमवार", "मंगलवार", "budhvar", "गुरुवार", "shukrawar", "शनिवार", "sunday"),
        (
            "{} को छोड़कर कोई भी दिन",
            "{} chhod ke",
            "{} के अलावा",
            "{} ke siva koi bhi din",
            "{} नहीं",
            "{} ko nahi aa sakta",
            "{} को काम है",
            "{} को आना ठीक नहीं रहेगा",
            "कोई भी दिन बस {} नहीं",
            "मैं नहीं आ सकता {} को",
            "{} mat rakhna",
        ),
    ),
    "ar": (
        ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
        (
            "أي يوم إلا {}",
            "أي يوم ما عدا {}",
            "كل الأيام غير {}",
            "ما بقدر {}",
            "{} ما بقدر",
            "مش {}",
            "{} لا",
            "لا أستطيع يوم {}",
            "يوم {} ما يناسبني",
            "{} مشغول",
            "بدون {}",
            "{} مينفعش",
        ),
    ),
}


def day_of(text: str) -> date:
    """9 → 9 March, a3 → 3 April."""
    return date(2026, 4, int(text[1:])) if text.startswith("a") else date(2026, 3, int(text))


def days_of(text: str) -> tuple[date, ...] | None:
    """The days that a data file names."""
    if text == "any":
        return None
    if text.startswith(("all ", "but ")):
        numbers = {NAMES.index(name) for name in text[4:].split(",")}
        return tuple(day for day in DAYS if (day.weekday() in numbers) is text.startswith("all"))
    found: list[date] = []
    for part in text.split():
        first, _, last = part.partition("-")
        found += [day for day in DAYS if day_of(first) <= day <= day_of(last or first)]
    return tuple(sorted(found))


def wish_of(text: str) -> Wish:
    """One alternative of a data file."""
    days, _, window = (part.strip() for part in text.partition("@"))
    edges = [None if not edge else int(edge[:2]) * 60 + int(edge[3:]) for edge in window.split("-")]
    return Wish(days_of(days), edges[0], edges[-1])


def is_read(found: When | None, meant: str) -> bool:
    """Whether that is what a line of a data file means."""
    if found is None or meant == "none":
        return found is None and meant == "none"
    wishes = {wish_of(part) for part in meant.removesuffix("?").split(" ; ")}
    return set(found.wishes) == wishes and (found.doubtful or not meant.endswith("?"))


@pytest.mark.parametrize("language", quick("en", "es", "ht", "zh", of=CASES))
def test_each_wording_means_what_stands_beside_it(language: str) -> None:
    """Every line of the data files."""
    read = {text: read_times(text, language=language, now=NOW) for text in CASES[language]}
    assert {text: (found, CASES[language][text]) for text, found in read.items() if not is_read(found, CASES[language][text])} == {}


@pytest.mark.parametrize("language", quick("en", "es", of=sorted(EXCEPT)))
def test_what_is_ruled_out_is_never_offered(language: str) -> None:
    """Each wording with each weekday, as it is, in capitals, and with a window behind a comma."""
    names, wordings = EXCEPT[language]
    for number, name in enumerate(names):
        for wording in wordings:
            for text in (wording.format(name), wording.format(name).upper(), wording.format(name) + ". 2pm"):
                found = read_times(text, language=language, now=NOW)
                assert found is not None, text
                assert not [day for wish in found.wishes for day in wish.days or DAYS if day.weekday() == number], text


@pytest.mark.parametrize("path", sorted((HERE / "excluded").glob("*.yaml")), ids=lambda path: path.stem)
def test_no_wording_offers_what_it_rules_out(path: Path) -> None:
    """Each wording of the data files with each weekday."""
    data = read_yaml(path)
    for wording in data["wordings"].values():
        for number, name in enumerate(data["names"].split(", ")):
            found = read_times(wording.replace("~", name), language=path.stem, now=NOW)
            offered = {day.weekday() for wish in found.wishes for day in wish.days or DAYS} if found else set()
            assert number not in offered, (wording, name)


WORDS = sorted({word for wordings in CASES.values() for text in wordings for word in text.split()})


@given(
    st.one_of(st.text(), st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)),
    st.sampled_from(sorted(EXCEPT)),
    st.dates(date(2024, 1, 1), date(2032, 12, 31)),
)
def test_any_text_is_read_within_the_horizon(text: str, language: str, today: date) -> None:
    """Never an error; days ascend within the horizon; a window does not end before it starts."""
    found = read_times(text, language=language, now=datetime(today.year, today.month, today.day, 12))
    for wish in found.wishes if found else ():
        assert wish.days is None or (wish.days and list(wish.days) == sorted(set(wish.days)))
        assert all(today <= day < today + timedelta(days=HORIZON) for day in wish.days or ())
        assert wish.start is None or wish.end is None or 0 <= wish.start <= wish.end < 24 * 60
    if found:
        assert set(as_answer(found)) == {"days", "from", "to"}


@pytest.mark.parametrize("text", ["tansyon l 70/40", "my blood pressure is 60/40", "32/1"])
def test_numbers_that_are_no_date_name_no_day(text: str) -> None:
    """A blood pressure is told in words of danger: reading it must not break."""
    assert read_times(text, language="en", now=NOW) is None


def test_the_answer_is_the_hull() -> None:
    """All days, and the window that holds every window."""
    when = When((Wish((date(2026, 3, 9),), 360, 720), Wish((date(2026, 3, 6),), 900, None)))
    assert as_answer(when) == {"days": ["2026-03-06", "2026-03-09"], "from": "06:00", "to": None}
    assert as_answer(When((Wish(None, 600, 600),))) == {"days": None, "from": "10:00", "to": "10:00"}


@pytest.mark.parametrize(
    "content", ["weekday:\n  moonday: mon\n", "part:\n  morning: early\n", "colours: red\n", "open: after\n", "- one\n"]
)
def test_a_broken_vocabulary_says_where(tmp_path: Path, content: str) -> None:
    """The file is named."""
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "times.yaml").write_text(content)
    with pytest.raises(DataError, match=r"times\.yaml"):
        load_vocabulary(tmp_path, "en")
