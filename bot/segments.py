"""How many SMS segments a text takes (E-01, E-02): what it costs, and what the carrier may cut it into."""

from __future__ import annotations

GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWO = set("^{}\\[~]|€\f")


def segments(text: str) -> int:
    """Segments of `text`: GSM-7 160/153 characters, else UCS-2 70/67 units; nothing that takes two is split."""
    if all(letter in GSM or letter in TWO for letter in text):
        return _count([2 if letter in TWO else 1 for letter in text], 160, 153)
    return _count([2 if ord(letter) > 0xFFFF else 1 for letter in text], 70, 67)


def _count(sizes: list[int], one: int, each: int) -> int:
    if sum(sizes) <= one:
        return 1 if sizes else 0
    count, room = 1, each
    for size in sizes:
        if size > room:
            count, room = count + 1, each
        room -= size
    return count
