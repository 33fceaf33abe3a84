"""Every form of every page, filled in with a word of its own in each field that takes words: what staff may type, wherever that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

from tests.staff import Browser

FREE = {"text", "search", "tel", "email", "url", "password"}
LETTERS = "bcdfghjklmnpqrstvwxz"
SMALL = 8  # fields: such a form is also sent with each of them alone, since one that is no date or number has all of them refused


@dataclass
class Form:
    """A form: where it goes, what it holds as the page gave it, which fields take words, and its buttons."""

    action: str
    method: str
    held: dict[str, str] = field(default_factory=dict)
    free: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Forms(HTMLParser):
    """The forms of a page; a field may name its form from elsewhere."""

    def __init__(self, page: str, where: str) -> None:
        super().__init__()
        self.where, self.found, self.named = where, [], {}  # type: tuple[str, list[Form], dict[str, Form]]
        self._open: Form | None = None
        self._select = ""
        self._later: list[tuple[str, dict[str, str]]] = []
        self.feed(page)
        for tag, given in self._later:
            if form := self.named.get(given["form"]):
                self._take(form, tag, given)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes a form, or a field of one."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(urlsplit(given.get("action") or self.where).path, given.get("method", "get").lower())
            self.found.append(self._open)
            self.named[given.get("id", "")] = self._open
        elif tag in ("input", "textarea", "select", "button", "option"):
            if "form" in given:
                self._later.append((tag, given))
            elif self._open is not None:
                self._take(self._open, tag, given)

    def handle_endtag(self, tag: str) -> None:
        """The end of a form."""
        if tag == "form":
            self._open = None

    def _take(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text" if tag != "button" else "submit")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in given or not form.held.get(self._select):
                form.held[self._select] = given.get("value", "")
        elif name and kind == "submit":
            form.buttons.append((name, given.get("value", "")))
        elif name and (tag == "textarea" or kind in FREE):
            form.free.append(name)
            form.held[name] = given.get("value", "")
        elif name and (kind not in ("checkbox", "radio") or "checked" in given):
            form.held[name] = given.get("value", "")


def words() -> Iterator[str]:
    """Words that nobody writes, and of which none is part of another one."""
    for number in range(20**4):
        yield "quav" + "".join(LETTERS[number // 20**place % 20] for place in range(4)) + "ozk"


def fill_in(browser: Browser, pages: Iterable[str], *, leaving: tuple[str, ...] = ()) -> dict[str, tuple[str, str]]:
    """Sends each kind of form of these pages by each of its buttons; gives word → (where it went, in which field).

    leaving: what the addresses begin with at which nothing is to be sent.
    """
    typed: dict[str, tuple[str, str]] = {}
    new, done = words(), set()
    for where in pages:
        page = browser.get(where)
        for form in Forms(page.text, where).found if page.status == 200 else ():
            shape = (_shape(form.action), form.method, *form.free)
            if shape in done or not form.free or form.action.startswith(leaving):
                continue
            done.add(shape)
            free = list(dict.fromkeys(form.free))
            ways = [free, *([name] for name in free if len(free) > 1)] if len(free) <= SMALL else [free]
            for names in ways:
                for button in form.buttons[: None if len(free) <= SMALL else 1] or [("", "")]:
                    own = {name: next(new) for name in names}
                    typed |= {word: (shape[0], name) for name, word in own.items()}
                    _send(browser, form, {**form.held, **own, **dict([button])}, where)
    return typed


def _send(browser: Browser, form: Form, filled: dict[str, str], where: str) -> None:
    browser.get(where)  # for the token of the page
    given = {name: value for name, value in filled.items() if name not in ("", "form_token")}
    if form.method == "post":
        browser.post(form.action, **given)
    else:
        browser.get(f"{form.action}?{urlencode(given)}")


def _shape(path: str) -> str:
    """An address without its numbers."""
    return "/".join("#" if part.isdecimal() else part for part in path.split("/"))
