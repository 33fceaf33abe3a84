"""A server that texts real patients starts with all it needs, or says all that it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.errors import SettingsError
from bot.settings import read_settings

WHOLE = {
    "TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "token", "TWILIO_NUMBER": "+17165550100", "BAA_ON_FILE": "yes",
    "PUBLIC_URL": "https://texts.example.org", "ATTEND_KEY": Fernet.generate_key().decode(),
}  # fmt: skip


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, str]:
    """An environment that lacks nothing."""
    return {**WHOLE, "DATABASE_URL": f"sqlite:///{tmp_path / 'clinic.db'}"}


def refusal(environ: dict[str, str]) -> str:
    """Why a start with this environment is refused."""
    with pytest.raises(SettingsError) as error:
        read_settings(environ)
    return str(error.value)


def test_a_whole_environment_starts(whole: dict[str, str]) -> None:
    """Nothing more is asked for."""
    assert read_settings(whole).account_sid == "AC1"


def test_a_start_without_the_agreement_is_refused(whole: dict[str, str]) -> None:
    """H-01: nor with any other word than yes."""
    for said in ("", "no", "soon"):
        assert "business associate agreement" in refusal({**whole, "BAA_ON_FILE": said})


def test_all_that_lacks_is_said_at_once(whole: dict[str, str]) -> None:
    """With the account alone, everything else is named."""
    said = refusal({"TWILIO_ACCOUNT_SID": "AC1", "DATABASE_URL": whole["DATABASE_URL"]})
    assert [name for name in WHOLE if name not in said] == ["TWILIO_ACCOUNT_SID"]


def test_patients_words_do_not_come_over_plain_http(whole: dict[str, str]) -> None:
    """H-10: in transit too."""
    assert "https://" in refusal({**whole, "PUBLIC_URL": "http://texts.example.org"})


def test_a_key_beside_the_database_is_not_made_in_production(whole: dict[str, str]) -> None:
    """H-10: keys stand outside; the demo alone makes its own."""
    assert "ATTEND_KEY is missing" in refusal({**whole, "ATTEND_KEY": ""})
    with pytest.raises(SettingsError):
        read_settings({**whole, "ATTEND_KEY": ""})


def test_secrets_may_stand_in_files(whole: dict[str, str], tmp_path: Path) -> None:
    """H-17: as container platforms hand them over; blanks and line ends around them do not count."""
    token = tmp_path / "token"
    token.write_text("from-a-file\n")
    del whole["TWILIO_AUTH_TOKEN"]
    assert read_settings({**whole, "TWILIO_AUTH_TOKEN_FILE": str(token)}).auth_tokens == ("from-a-file",)


def test_a_secrets_file_that_cannot_be_read_is_named_without_its_content(whole: dict[str, str], tmp_path: Path) -> None:
    """Missing, no text, or given twice."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"\xff\xfehunter2")
    del whole["TWILIO_AUTH_TOKEN"]
    assert "FileNotFoundError" in refusal({**whole, "TWILIO_AUTH_TOKEN_FILE": str(tmp_path / "nowhere")})
    said = refusal({**whole, "TWILIO_AUTH_TOKEN_FILE": str(secret)})
    assert "UnicodeDecodeError" in said
    assert "hunter2" not in said
    assert "both set" in refusal({**whole, "TWILIO_AUTH_TOKEN": "hunter2", "TWILIO_AUTH_TOKEN_FILE": str(secret)})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ALERT_WEBHOOK": "http://pager.example/hunter2"}, "ALERT_WEBHOOK: each address must begin with https://"),
        ({"ALERT_EMAIL": "ana at clinic", "ALERT_FROM": "a@b.example", "SMTP_URL": "smtps://m.example"}, "must be an address such as"),
        ({"ALERT_EMAIL": "ana@clinic.example"}, "SMTP_URL or ALERT_FROM is missing"),
        ({"SMTP_URL": "smtps://attend:hunter2/@mail.example"}, "SMTP_URL must look like"),
        ({"SMTP_URL": "mail.example:587"}, "SMTP_URL must look like"),
    ],
)
def test_whom_to_tell_of_emergencies_must_be_addresses(whole: dict[str, str], given: dict[str, str], said: str) -> None:
    """S-13, H-17: a slip shows at the start and not at the first emergency; what may be secret is not repeated."""
    told = refusal({**whole, **given})
    assert said in told
    assert "hunter2" not in told


def test_several_may_be_told_of_emergencies(whole: dict[str, str]) -> None:
    """In the order in which they are given."""
    given = {"ALERT_EMAIL": "ana@clinic.example, ben@clinic.example", "ALERT_FROM": "attend@clinic.example"}
    settings = read_settings({**whole, **given, "SMTP_URL": "smtps://attend:pass%2Fword@mail.example:465"})
    assert settings.alert_emails == ("ana@clinic.example", "ben@clinic.example")
