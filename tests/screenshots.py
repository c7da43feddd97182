"""The pictures of README, made anew: `make screenshots`.

Starts the service on a folder of its own with the demonstration year, makes the first administrator by the link that it
prints, and lets Chromium look at six pages. Nothing outside of that folder and of docs/screenshots is touched.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "screenshots"
LARGEST = 150 * 1024
PASSWORD = "Chup-anh-2010!"
CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]  # fmt: skip


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="confsvc-pictures-") as folder:
        var = Path(folder)
        print("» playing the demonstration year", flush=True)
        call(var, "demo")
        ahead = json.loads(call(var, "conference", "list", "--days", "14", "--json"))
        meeting = next(m for m in ahead if m["form"] != "in_person" and m["state"] in ("planned", "provisioned"))
        units = json.loads(call(var, "conference", "show", meeting["key"], "--json"))["delegations"]
        with served(var) as (address, link), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
            take_all(browser, address, link, meeting, units)
            browser.close()
    for path in sorted(PICTURES.glob("*.png")):
        shrink(path)
        print(f"» {path.relative_to(ROOT)}  {path.stat().st_size // 1024} KB")
        if path.stat().st_size > LARGEST:
            sys.exit(f"{path.name} is larger than {LARGEST // 1024} KB")


def take_all(browser: Browser, address: str, link: str, meeting: dict[str, Any], units: list[dict[str, Any]]) -> None:
    staff = browser.new_context(locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", viewport={"width": 1180, "height": 680})
    page = staff.new_page()
    become_administrator(page, link)
    day = datetime.fromisoformat(meeting["starts"]).strftime("%d/%m/%Y")
    for name, path in (("today", "/"), ("timeline", f"/timeline?day={day}"), ("figures", "/figures")):
        page.goto(address + path)
        take(page, name)
    page.goto(f"{address}/conferences/{meeting['key']}")
    take(page, "conference")
    take_letter(page, address, meeting)
    fill_booking(page, address, meeting)
    take(page, "book")
    hall = browser.new_context(locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", viewport={"width": 1280, "height": 720})
    take_hall(hall.new_page(), page, address, units[0]["unit"])


def become_administrator(page: Page, link: str) -> None:
    page.goto(link)
    for name, value in (("login", "lan"), ("name", "Nguyễn Thị Lan"), ("password", PASSWORD), ("again", PASSWORD)):
        page.fill(f"[name={name}]", value)
    page.click("main button[type=submit], main form button")
    page.wait_for_url(re.compile(r"^(?!.*first-admin)"))
    if page.locator("[name=login]").count():
        page.fill("[name=login]", "lan")
        page.fill("[name=password]", PASSWORD)
        page.click("main form button")
        page.wait_for_url(re.compile(r"^(?!.*sign-in)"))


def take_letter(page: Page, address: str, meeting: dict[str, Any]) -> None:
    """A letter of invitation as its page shows it, made complete before."""
    page.goto(f"{address}/conferences/{meeting['key']}/letter/make")
    said = (("authority", "KT. GIÁM ĐỐC"), ("title", "PHÓ GIÁM ĐỐC"), ("signer", "Trần Minh Chiêu"))
    for name, value in (*said, ("recipients", "Như thành phần mời\nLưu: VT, CNTT")):
        page.fill(f"[name={name}]", value)
    page.click("main form .actions button")
    page.locator("#preview").scroll_into_view_if_needed()
    page.evaluate("document.getElementById('preview').scrollIntoView()")
    take(page, "letter")


def fill_booking(page: Page, address: str, meeting: dict[str, Any]) -> None:
    """A wish at the time of another meeting, so that the answer beside it has something to say."""
    starts = datetime.fromisoformat(meeting["starts"])
    page.goto(f"{address}/book")
    page.fill("[name=title]", "Tập huấn an toàn thông tin")
    page.select_option("[name=kind]", "training")
    page.fill("[name=date]", starts.strftime("%d/%m/%Y"))
    page.fill("[name=start]", starts.strftime("%H:%M"))
    page.fill("[name=end]", (starts + timedelta(hours=3)).strftime("%H:%M"))
    for box in page.locator("input[name=sites][data-tag=district]").all():
        box.check()
    page.locator("[name=end]").blur()
    page.wait_for_timeout(1500)  # the live answer comes by itself
    page.evaluate("scrollTo(0, 0)")


def take_hall(hall: Page, staff: Page, address: str, unit: str) -> None:
    """A hall's screen, paired as an operator would do it."""
    hall.goto(f"{address}/kiosk")
    shown = hall.locator("[data-put=code]")
    shown.wait_for(state="visible")
    expect(shown).to_have_text(re.compile(r"[A-Z]{4}-?[A-Z]{4}"), timeout=20_000)
    staff.goto(f"{address}/pair?c={(shown.text_content() or '').strip()}&q={unit}")
    staff.locator("input[name=room]").first.check()
    staff.click("button[value=confirm]")
    expect(hall.locator("body")).to_have_attribute("data-phase", re.compile("idle|countdown"), timeout=30_000)
    hall.wait_for_timeout(2500)  # the agenda and the link's first beats
    take(hall, "kiosk")


def take(page: Page, name: str) -> None:
    if name != "kiosk":  # its socket stays open
        page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled", scale="css")


def shrink(path: Path) -> None:
    """To a palette where a tool for it is there; the pages are flat, so nothing is lost that one could see."""
    if tool := shutil.which("pngquant"):
        subprocess.run([tool, "--force", "--skip-if-larger", "--ext", ".png", "--quality", "60-95", path], check=False)


def call(var: Path, *words: str) -> str:
    done = subprocess.run(command(var, *words), cwd=var, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"confsvc {' '.join(words)}: {done.stderr}")
    return done.stdout


def command(var: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "confsvc", "--var", str(var), *words]


def environment() -> dict[str, str]:
    """Without settings of whoever runs this."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONFSVC_")}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


@contextmanager
def served(var: Path) -> Iterator[tuple[str, str]]:
    """The running service: its address, and the link for the first administrator."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    log = var / "serve.log"
    with log.open("w") as written:
        process = subprocess.Popen(
            command(var, "serve", "--quickstart", "--port", str(port)), cwd=var, env=environment(),
            stdout=written, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        await_answer(f"{address}/health", process)
        found = re.search(r"http\S+/first-admin/\S+", log.read_text("utf-8"))
        if found is None:
            sys.exit(f"the service printed no link:\n{log.read_text('utf-8')}")
        yield address, found[0]
    finally:
        process.terminate()
        process.wait(timeout=30)


def await_answer(address: str, process: subprocess.Popen[bytes]) -> None:
    until = datetime.now(UTC) + timedelta(seconds=60)
    while datetime.now(UTC) < until and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    sys.exit("the service does not answer")


def free_port() -> int:
    """One of which the next is free as well, for the simulated video host."""
    for _ in range(50):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise RuntimeError("no two free ports beside each other")


if __name__ == "__main__":
    main()
