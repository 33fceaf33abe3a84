"""Pictures that patients sent: shown to who has the conversation, as something that can do nothing."""

from __future__ import annotations

import pytest

from bot.channels.console import PICTURE, Console
from bot.channels.types import Picture, SendError
from bot.store.models import CommunicationRow
from bot.web.media import shown
from tests.inbox.conftest import Desk, page


def send_picture(desk: Desk, phone: int, words: str = "") -> str:
    """A patient sends one; gives its address."""
    desk.app.test_client().post(f"/demo/{phone}/text", data={"body": words, "picture": "1"})
    text = desk.rows(CommunicationRow, CommunicationRow.phone_id == phone, CommunicationRow.direction == "inbound")[-1]
    return f"/inbox/phone/{phone}/picture/{text.id}"


def test_a_picture_stands_in_the_conversation_and_opens(desk: Desk) -> None:
    """W-27: folded, so that nothing is fetched before somebody wants to see it; it can run and load nothing, and is kept nowhere."""
    address = send_picture(desk, 7, "my new card")
    conversation = page(desk.ana, "/inbox/phone/7")
    assert f'<img src="{address}?number=0" loading="lazy"' in conversation.split('<details class="sent">', 1)[1]
    assert "Sent a picture or file" in page(desk.ana, "/inbox")
    answer = desk.ana.get(f"{address}?number=0")
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/png", PICTURE.read_bytes())
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


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


def test_a_provider_that_does_not_give_it_breaks_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page stands; the picture says what to do."""
    address = send_picture(desk, 7)

    def refuse(self: Console, sid: str, number: int) -> Picture:
        raise SendError(None)

    monkeypatch.setattr(Console, "picture", refuse)
    answer = desk.ana.get(address)
    assert (answer.status_code, "Try again" in answer.get_data(as_text=True)) == (502, True)
