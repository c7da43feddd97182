"""A real IMAP server (Debian's dovecot) on a loopback port with throw-away mailboxes, one for each user name.

    with Dovecot() as server:
        server.deliver("lan", b"From: …")
        ImapInbox(server.host, server.port, tls="none", user="lan", password=server.password, …)

`tools/dovecot.sh` installs it; where it is missing `DOVECOT` is None and tests say so.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Self

DOVECOT = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
WHY = "dovecot is missing: sudo apt-get install dovecot-imapd (tools/dovecot.sh does it for root)"
_NUMBERS = count(1)
_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {own}
default_internal_group = {group}
default_login_user = {login}
mail_location = maildir:{folder}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 0
first_valid_gid = 0
auth_mechanisms = plain
auth_failure_delay = 0
passdb {{
  driver = static
  args = password=right
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


class Dovecot:
    """Every user with `password` gets in."""

    host, password = "127.0.0.1", "right"

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
        self.folder.chmod(0o755)
        # A server that root starts hands mail to another user only.
        self.owner = (65534, 65534) if os.getuid() == 0 else (os.getuid(), os.getgid())
        with socket.socket() as probe:
            probe.bind((self.host, 0))
            self.port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        assert DOVECOT is not None, WHY
        for part in ("run", "state", "mail"):
            (self.folder / part).mkdir(exist_ok=True)
        os.chown(self.folder / "mail", *self.owner)
        me, root = pwd.getpwuid(os.getuid()).pw_name, os.getuid() == 0
        group = "dovecot" if root else grp.getgrgid(os.getgid()).gr_name
        names = {"own": "dovecot" if root else me, "login": "dovenull" if root else me, "group": group}
        config = self.folder / "dovecot.conf"
        values = {"folder": self.folder, "port": self.port, "uid": self.owner[0], "gid": self.owner[1], **names}
        config.write_text(_CONFIG.format(**values))
        self._process = subprocess.Popen([DOVECOT, "-F", "-c", str(config)], stderr=subprocess.DEVNULL)
        self._wait()

    def __exit__(self, *_problem: object) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def stop(self) -> None:
        """End the server with every connection; the mailboxes stay, and ``start`` serves them again."""
        if self._process is None:
            return
        pid = self._process.pid
        children = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        self._process.terminate()
        for child in children:  # one that serves a connection would serve it on
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._process.wait(timeout=10)
        self._process = None

    def deliver(self, user: str, mail: bytes) -> None:
        """Into the mailbox, as a mail server would."""
        box, name = self.folder / "mail" / user, f"{next(_NUMBERS)}.test"
        for part in (box, box / "new", box / "cur", box / "tmp"):
            part.mkdir(exist_ok=True)
            os.chown(part, *self.owner)
        (box / "tmp" / name).write_bytes(mail)
        os.chown(box / "tmp" / name, *self.owner)
        (box / "tmp" / name).rename(box / "new" / name)

    def flags(self, user: str) -> list[str]:
        """The Maildir flags of every mail that was looked at, sorted."""
        return sorted(path.name.partition(":2,")[2] for path in (self.folder / "mail" / user / "cur").iterdir())

    def _wait(self) -> None:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex((self.host, self.port)) == 0:
                    return
            if self._process is not None and self._process.poll() is not None:
                break
            time.sleep(0.02)
        log = self.folder / "log"
        raise RuntimeError(f"dovecot did not start: {log.read_text() if log.exists() else '-'}")
