"""Dockerfile and compose.yaml, as far as they can be tried without an engine: what they copy is enough, and settings are ours."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet

import app as application
from bot.channels.twilio_sms import TIMEOUT
from bot.settings import NAMES, ROOT, read_settings
from bot.web.live import MOST
from tests.provider import ACCOUNT, CLINIC_NUMBER, PUBLIC

STAGES = re.split(r"(?m)^FROM ", (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " "))[1:]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
OURS = ("web", "worker")
SAID = {"PUBLIC_URL": PUBLIC, "BAA_ON_FILE": "yes", "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_NUMBER": CLINIC_NUMBER}


def copied(stage: str) -> list[str]:
    """What a stage takes from the repository."""
    return [source for line in re.findall(r"(?m)^COPY (?!--from)(.*)$", stage) for source in line.split()[:-1]]


def set_in(stage: str) -> dict[str, str]:
    """The environment of a stage's image."""
    return dict(re.findall(r"([A-Z_]+)=(\S+)", " ".join(re.findall(r"(?m)^ENV (.*)$", stage))))


def environment(name: str) -> dict[str, str]:
    """The settings that a service gets: the image's, then compose's, with what people fill in."""
    given = {key: str(value) for key, value in COMPOSE["services"][name]["environment"].items()}
    return {
        **set_in(STAGES[-1]),
        **{key: re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: SAID[found[1]], text) for key, text in given.items()},
    }


def test_what_is_copied_is_there_and_not_ignored() -> None:
    """And nothing else is sent to the engine: no key, no database."""
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")}
    assert {source for stage in STAGES for source in copied(stage)} == kept
    assert [source for source in kept if not (ROOT / source).exists()] == []
    assert "*" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


@pytest.mark.slow
def test_what_is_copied_is_enough_to_start_and_finds_the_trained_reader(tmp_path: Path) -> None:
    """The build's own command, in a folder that holds nothing else; the reader that was trained elsewhere is the one it wants."""
    for source in copied(STAGES[-1]):
        target = tmp_path / source
        shutil.copytree(ROOT / source, target) if (ROOT / source).is_dir() else shutil.copy(ROOT / source, target)
    cache = ROOT / "instance" / "cache"
    kept = set(cache.glob("reader-*"))
    (command,) = re.findall(r'flask (--app app explain) "([^"]*)"', STAGES[0])
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"CACHE_DIR": str(cache)}
    asked = [sys.executable, "-m", "flask", *command[0].split(), command[1]]
    told = subprocess.run(asked, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True, timeout=300).stdout
    assert "confirm" in told
    assert set(cache.glob("reader-*")) == kept


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_what_is_installed_is_pinned(name: str) -> None:
    """P-01: to exact versions, so that what was tried is what runs."""
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if line and not re.fullmatch(r"-r [\w.-]+|[\w.\[\],-]+==[\w.]+( *;.*)?", line)] == []


def test_nobody_is_root_and_no_secret_is_in_the_image() -> None:
    """H-17."""
    assert re.findall(r"(?m)^USER (.*)$", STAGES[-1]) == ["attend"]
    assert not {"ATTEND_KEY", "TWILIO_AUTH_TOKEN", "METRICS_TOKEN"} & set(set_in(STAGES[-1]))
    assert set(set_in(STAGES[-1])) - {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"} <= set(NAMES)


@pytest.mark.parametrize("service", OURS)
def test_the_settings_of_a_service_are_those_that_the_program_reads(service: str, tmp_path: Path) -> None:
    """H-17: by name, with every secret in a file that the service is given; together they start a server for a clinic."""
    given = environment(service)
    ours = {name for name in given if name.removesuffix("_FILE") in NAMES or name in NAMES}
    assert set(COMPOSE["services"][service]["environment"]) <= ours
    contents = {"attend_key": Fernet.generate_key().decode(), "database_url": "postgresql+psycopg://attend:pass@database/attend"}
    for name, path in given.items():
        if path.startswith("/run/secrets/"):
            secret = path.rpartition("/")[2]
            assert secret in COMPOSE["services"][service]["secrets"]
            assert secret in COMPOSE["secrets"]
            (tmp_path / secret).write_text(contents.get(secret, "a secret"))
            given[name] = str(tmp_path / secret)
    settings = read_settings({**given, "CLINIC_FILE": "clinics/demo.yaml"})
    assert settings.database_url == contents["database_url"]
    assert not settings.sends
    assert settings.metrics_token == "a secret"


def test_every_file_and_volume_that_compose_names_is_there_or_said_to_be_made() -> None:
    """What the documents tell to make is what is mounted; no volume and no secret is named that is declared nowhere."""
    documents = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for name, service in COMPOSE["services"].items():
        for source, target, *_ in (volume.split(":") for volume in service.get("volumes", [])):
            assert source in COMPOSE["volumes"] or source.removeprefix("./") in documents, (name, source)
            assert target.startswith("/")
        assert set(service.get("secrets", [])) <= COMPOSE["secrets"].keys()
    for secret in COMPOSE["secrets"].values():
        assert secret["file"].removeprefix("./") in documents
    asked = set(re.findall(r"\$\{(\w+):\?", (ROOT / "compose.yaml").read_text(encoding="utf-8")))
    assert [name for name in asked if f"`{name}`" not in documents] == []


def test_each_service_has_a_command_and_a_health_check_of_its_own() -> None:
    """The image's checks that the web answers; the worker has no port, and the others wait until the database takes connections."""
    (command,) = re.findall(r"(?m)^CMD (\[.*\])$", STAGES[-1])
    server, *options = json.loads(command)
    assert (server, options[-1]) == ("gunicorn", "app:serve()")
    assert callable(application.serve)
    assert int(options[options.index("--timeout") + 1]) >= 15  # seconds that the provider waits (W-15)
    flask, *rest = COMPOSE["services"]["worker"]["command"]
    assert (flask, rest[:2]) == ("flask", ["--app", "app"])
    assert rest[2] in application.create_app().cli.commands
    (checked,) = re.findall(r"HEALTHCHECK [^\[]*(\[.*\])", STAGES[-1])
    assert f":{re.findall('(?m)^EXPOSE (.*)$', STAGES[-1])[0]}/healthz" in json.loads(checked)[-1]
    ast.parse(json.loads(checked)[-1])
    assert COMPOSE["services"]["worker"]["healthcheck"] == {"disable": True}
    database = COMPOSE["services"]["database"]
    assert database["healthcheck"]["test"][1] == "pg_isready"
    for name in OURS:
        assert (
            int(COMPOSE["services"][name]["stop_grace_period"].removesuffix("s")) >= 2 * TIMEOUT
        )  # a worker that is killed leaves a lease
        assert COMPOSE["services"][name]["depends_on"] == {"database": {"condition": "service_healthy"}}
    (inside,) = [port.split(":")[-1] for port in COMPOSE["services"]["web"]["ports"]]
    assert f"0.0.0.0:{inside}" in options


def test_only_the_proxy_of_the_machine_reaches_the_containers() -> None:
    """H-10: one port, on loopback, and no container may gain rights."""
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:8000:8000"]
    for name in OURS:
        service = COMPOSE["services"][name]
        assert (service["cap_drop"], service["security_opt"], service["read_only"]) == (["ALL"], ["no-new-privileges:true"], True)


def test_texts_that_wait_for_the_database_outlive_the_container() -> None:
    """W-20: the spool lies on a volume, also where the root is read-only."""
    web = COMPOSE["services"]["web"]
    (folder,) = [volume.split(":")[1] for volume in web["volumes"] if volume.startswith("spool:")]
    (place,) = re.findall(r"(?m)^WORKDIR (.*)$", STAGES[-1])
    assert (Path(place) / NAMES["SPOOL_DIR"][0]).is_relative_to(folder)
    assert web["read_only"]
    assert f"VOLUME {folder}" in STAGES[-1]


def test_open_pages_leave_threads_for_the_provider() -> None:
    """W-15: each page that is told of changes keeps a thread, and the provider does not wait for one."""
    told = "\n".join((ROOT / name).read_text(encoding="utf-8") for name in ("Dockerfile", "docs/operations.md", "README.md"))
    threads = [int(number) for number in re.findall(r"--threads\W+([0-9]+)", told)]
    assert len(threads) == 4
    assert min(threads) >= 2 * MOST
