"""Pictures that patients sent: shown to who has the conversation, as something that can do nothing."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from sqlalchemy import LargeBinary, select, type_coerce

from bot.channels.console import PICTURE, Console
from bot.channels.types import TOO_LARGE, Picture, SendError
from bot.delivery.media import LONGEST, TRIES, fetch
from bot.store.media_models import MediaRow
from bot.store.models import CommunicationRow
from bot.web.media import shown
from tests.inbox.conftest import Desk, page


def fetched(desk: Desk) -> None:
    """A worker does what is due."""
    fetch(desk.bot, desk.app.extensions["attend"].channel)


def send_picture(desk: Desk, phone: int, words: str = "", *, fetch: bool = True) -> str:
    """A patient sends one, and a worker fetches it; gives its address."""
    desk.app.test_client().post(f"/demo/{phone}/text", data={"body": words, "picture": "1"})
    if fetch:
        fetched(desk)
    text = desk.rows(CommunicationRow, CommunicationRow.phone_id == phone, CommunicationRow.direction == "inbound")[-1]
    return f"/inbox/phone/{phone}/picture/{text.id}"


def test_a_picture_stands_in_the_conversation_and_opens(desk: Desk) -> None:
    """W-27: folded, since nobody asked to see it; it can run and load nothing, and no cache keeps it."""
    address = send_picture(desk, 7, "my new card")
    conversation = page(desk.ana, "/inbox/phone/7")
    assert f'<img src="{address}?number=0" loading="lazy"' in conversation.split('<details class="sent">', 1)[1]
    assert "Sent a picture or file" in page(desk.ana, "/inbox")
    answer = desk.ana.get(f"{address}?number=0")
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/png", PICTURE.read_bytes())
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_until_a_worker_has_it_the_page_says_so(desk: Desk) -> None:
    """The web process asks no provider; the open page learns when it is there."""
    address = send_picture(desk, 7, fetch=False)
    assert "being fetched" in page(desk.ana, "/inbox/phone/7")
    assert desk.ana.get(address).status_code == 404
    before = desk.ana.get("/inbox/mark?phone=7").data
    fetched(desk)
    assert desk.ana.get("/inbox/mark?phone=7").data != before
    assert "being fetched" not in page(desk.ana, "/inbox/phone/7")
    assert desk.ana.get(address).data == PICTURE.read_bytes()


def test_a_picture_without_words_is_a_text_like_any_other(desk: Desk) -> None:
    """A person is told, and the conversation opens."""
    send_picture(desk, 7)
    assert "media" in {item.kind for item in desk.items(7)}
    assert "1 picture" in page(desk.ana, "/inbox/phone/7")


def test_only_what_came_with_a_text_of_that_conversation_is_there(desk: Desk) -> None:
    """Not by another phone's address, not beyond the number that came, not of a text without any."""
    address = send_picture(desk, 7)
    assert desk.ana.get(address.replace("/phone/7/", "/phone/2/")).status_code == 404
    assert desk.ana.get(f"{address}?number=1").status_code == 404
    desk.text(7, "please have somebody call me")
    without = desk.rows(CommunicationRow, CommunicationRow.phone_id == 7, CommunicationRow.direction == "inbound")[-1]
    assert desk.ana.get(f"/inbox/phone/7/picture/{without.id}").status_code == 404


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xd8\xff\xe0 JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
    ],
)
def test_a_picture_is_known_by_its_first_bytes(data: bytes, kind: str, desk: Desk) -> None:
    """Whatever the sender called it."""
    with desk.app.test_request_context():
        answer = shown(data, name="1-1")
    assert (answer.mimetype, answer.headers["Content-Disposition"]) == (kind, "inline; filename=1-1")


@pytest.mark.parametrize("data", [b"<svg onload=alert(1)>", b"<html><script>", b"%PDF-1.7", b"BEGIN:VCARD", b"", b"RIFF\0\0\0\0WAVE"])
def test_what_is_no_picture_is_saved_and_never_opened(data: bytes, desk: Desk) -> None:
    """A page or a drawing with a script would run as one of ours."""
    with desk.app.test_request_context():
        answer = shown(data, name="1-1")
    assert (answer.mimetype, answer.headers["Content-Disposition"]) == ("application/octet-stream", "attachment; filename=1-1")


def refuse(code: int | None) -> Callable[..., Picture]:
    """A provider that does not give a file."""

    def refused(*_: object) -> Picture:
        raise SendError(code)

    return refused


def wait(desk: Desk) -> None:
    """Whatever pause a worker makes is over."""
    with desk.bot.store.begin() as session:
        for row in session.query(MediaRow).filter(MediaRow.look_at.is_not(None)):
            assert row.look_at - desk.bot.clock() <= LONGEST
            row.look_at = desk.bot.clock()


def test_a_provider_that_does_not_give_it_is_asked_again_and_then_a_person_may(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """W-27: ever more rarely, for hours; then the page says so, and a button has it tried once more."""
    monkeypatch.setattr(Console, "picture", refuse(None))
    address = send_picture(desk, 7)
    for _ in range(TRIES - 1):
        assert "being fetched" in page(desk.ana, "/inbox/phone/7")
        fetched(desk)  # not due: nothing is tried
        wait(desk)
        fetched(desk)
    assert "did not come" in page(desk.ana, "/inbox/phone/7")
    monkeypatch.undo()
    wait(desk)
    fetched(desk)
    assert desk.ana.get(address).status_code == 404
    assert desk.ana.post(f"{address}/again").status_code == 303
    fetched(desk)
    assert desk.ana.get(address).data == PICTURE.read_bytes()
    assert desk.ana.post(f"{address}/again").status_code == 404


def test_what_is_too_large_is_tried_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be too large another time, too."""
    monkeypatch.setattr(Console, "picture", refuse(TOO_LARGE))
    send_picture(desk, 7)
    assert "did not come" in page(desk.ana, "/inbox/phone/7")


def test_a_worker_that_dies_leaves_it_to_another(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lease ends; what the first one writes later counts for nothing."""

    def dies(*_: object) -> Picture:
        raise KeyboardInterrupt

    monkeypatch.setattr(Console, "picture", dies)
    with pytest.raises(KeyboardInterrupt):
        send_picture(desk, 7)
    monkeypatch.undo()
    fetched(desk)
    assert "being fetched" in page(desk.ana, "/inbox/phone/7")
    wait(desk)
    fetched(desk)
    assert "being fetched" not in page(desk.ana, "/inbox/phone/7")


def test_what_it_shows_stands_in_no_file_readably(desk: Desk) -> None:
    """H-10: as words do not."""
    send_picture(desk, 7)
    (row,) = desk.rows(MediaRow)
    with desk.bot.store.reading() as connection:
        (token,) = connection.execute(select(type_coerce(MediaRow.data, LargeBinary))).one()
    assert base64.b64encode(PICTURE.read_bytes())[:40] not in token
    assert desk.bot.store.cipher.decrypt(token) == base64.b64encode(PICTURE.read_bytes()).decode()
    assert row.status == "here"
