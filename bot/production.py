"""What a server that texts real patients must be given beyond what the demo needs; secrets may stand in files of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

SUFFIX = "_FILE"  # ATTEND_KEY_FILE=/run/secrets/key instead of ATTEND_KEY=…, as container platforms hand secrets over (H-17)


def from_files(environ: Mapping[str, str], names: Iterable[str], wrong: list[str]) -> dict[str, str]:
    """The environment with NAME from the file in NAME_FILE; what cannot be read is added to `wrong`, never with its content."""
    given = dict(environ)
    for name in names:
        path = environ.get(name + SUFFIX, "").strip()
        if not path:
            continue
        if environ.get(name, "").strip():
            wrong.append(f"{name} and {name}{SUFFIX} are both set: keep one of them")
            continue
        try:
            given[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            wrong.append(f"{name}{SUFFIX} is {path!r}, which cannot be read ({type(error).__name__})")
    return given


def lacks(given: Mapping[str, str], public: str) -> list[str]:
    """What a server with a provider's account lacks, all of it at once. public: the address without its fragment."""
    found = [f"{name} is missing: {what}" for name, what in NEEDED.items() if not given.get(name)]
    if public and not public.startswith("https://"):
        found.append("PUBLIC_URL must begin with https://: patients' words come over it (H-10)")
    if given.get("BAA_ON_FILE") != "yes":
        found.append("BAA_ON_FILE is not `yes`: " + AGREEMENT)
    return found


AGREEMENT = (
    "patients' words may go to the provider only when its business associate agreement is signed, and the account, or the subaccount "
    "itself, is flagged for HIPAA (H-01)"
)
NEEDED = {
    "TWILIO_AUTH_TOKEN": "the account's auth token",  # nosec B105
    "TWILIO_NUMBER": "the number that texts are sent from, E.164",
    "PUBLIC_URL": "address under which the provider reaches this server, e.g. https://texts.example.org",
    "ATTEND_KEY": "`flask --app app key` makes one; it must not lie beside the database, so none is made by itself here",
}
