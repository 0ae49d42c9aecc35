"""Bugsink on loopback, everything in one directory: `serve_bugsink.py PORT DIRECTORY`, run by Bugsink's own Python.

Makes the database, a project and an API token, writes them to DIRECTORY/bugsink.json, and serves until it is killed.
Events are digested while their request is answered, so what was accepted can be read back at once.
"""
import json
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

port, directory = sys.argv[1], Path(sys.argv[2])

import bugsink.settings.default as defaults  # noqa: E402

chosen = {name: getattr(defaults, name) for name in dir(defaults) if name.isupper()}
chosen["DATABASES"]["default"]["NAME"] = directory / "db.sqlite3"
chosen["DATABASES"]["snappea"]["NAME"] = directory / "snappea.sqlite3"
chosen.update(
    SECRET_KEY="only for tests: " + 50 * "x",
    TIME_ZONE="UTC",
    EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
    SNAPPEA={"TASK_ALWAYS_EAGER": True},
    BUGSINK={
        "BASE_URL": f"http://127.0.0.1:{port}",
        "PHONEHOME": False,
        "SINGLE_USER": True,
        "SINGLE_TEAM": True,
        # An event that does not follow the event schema is answered like any other, and never becomes part of an issue.
        "VALIDATE_ON_DIGEST": "strict",
        "INGEST_STORE_BASE_DIR": str(directory / "ingestion"),
    },
)
settings.configure(**chosen)
django.setup()

call_command("migrate", verbosity=0)
call_command("migrate", "snappea", database="snappea", verbosity=0)

from bsmain.models import AuthToken  # noqa: E402
from projects.models import Project  # noqa: E402
from teams.models import Team  # noqa: E402

project = Project.objects.create(name="probes", team=Team.objects.create(name="tests"))
facts = {"dsn": project.dsn, "project": project.id, "token": AuthToken.create_full_access().token}
(directory / "bugsink.json").write_text(json.dumps(facts))

call_command("runserver", f"127.0.0.1:{port}", use_reloader=False)
