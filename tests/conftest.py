"""Fixtures of the whole suite: both real databases, empty or with the default directory."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from confsvc.database import Database
from confsvc.tables import Base
from integrations.mail.letter import Letter
from integrations.mail.maildir import MaildirMailer
from tests.directory import load_default
from tests.fakes import post
from tests.postgres import Postgres

# The same examples in every run, so that a change is judged by what it changes; `--hypothesis-profile=hunt` draws new
# ones, to find what nobody has seen yet.
settings.register_profile("fixed", derandomize=True)
settings.register_profile("hunt", derandomize=False)
settings.load_profile("fixed")


@pytest.fixture(scope="session", autouse=True)
def letters_are_checked() -> Iterator[None]:
    """At the end of the run, every calendar that any test sent is checked by lint, libical and icalendar."""
    deliver = MaildirMailer._deliver

    def kept(mailer: MaildirMailer, letter: Letter) -> None:
        post.keep(letter.content, [letter.recipient])
        deliver(mailer, letter)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MaildirMailer, "_deliver", kept)
        yield
    found = post.complaints()
    assert not found, f"{len(found)} complaints, the first: " + "\n".join(found[:20])


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres().start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def empty_postgres(postgres: Postgres) -> str:
    """The name of a PostgreSQL database with all tables, to copy from."""
    name = postgres.create()
    made = Database(postgres.url(name))
    Base.metadata.create_all(made.engine)
    made.close()
    return name


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables, to copy from."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite3"
    made = Database(f"sqlite:///{path}")
    Base.metadata.create_all(made.engine)
    made.close()
    return path


@pytest.fixture
def sqlite_url(empty_sqlite: Path, tmp_path: Path) -> str:
    """The URL of a fresh SQLite database with all tables."""
    return f"sqlite:///{shutil.copy(empty_sqlite, tmp_path / 'confsvc.sqlite3')}"


@pytest.fixture
def postgres_url(postgres: Postgres, empty_postgres: str) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database with all tables."""
    name = postgres.create(template=empty_postgres)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh database; every test that asks for it runs on both."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database with all tables and no rows, SQLite and PostgreSQL in turn."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def filled_postgres(postgres: Postgres, empty_postgres: str) -> str:
    """The name of a PostgreSQL database with the default directory, to copy from."""
    name = postgres.create(template=empty_postgres)
    made = Database(postgres.url(name))
    made.write_now(load_default)
    made.close()
    return name


@pytest.fixture(scope="session")
def filled_sqlite(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the default directory, to copy from."""
    path = Path(shutil.copy(empty_sqlite, tmp_path_factory.mktemp("template") / "filled.sqlite3"))
    made = Database(f"sqlite:///{path}")
    made.write_now(load_default)
    made.close()
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def directory_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database with the default directory; every test that asks for it runs on both."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("filled_sqlite")
        yield f"sqlite:///{shutil.copy(template, tmp_path / 'directory.sqlite3')}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create(template=request.getfixturevalue("filled_postgres"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def directory(directory_url: str) -> Iterator[Database]:
    """A fresh database with the default directory (tests/directory.py), SQLite and PostgreSQL in turn."""
    opened = Database(directory_url)
    yield opened
    opened.close()
