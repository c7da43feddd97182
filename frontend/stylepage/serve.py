"""Shows every part of the design system on one page, under the same content security policy as the service.

    python frontend/stylepage/serve.py 8099        then open http://127.0.0.1:8099 (?lang=en)

For people who change the styles or macros; not part of the wheel.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from aiohttp import web
from jinja2 import ChoiceLoader, Environment, FileSystemLoader

from confsvc.web.jinja import Templates

ROOT = Path(__file__).parents[2]
DIST = ROOT / "confsvc" / "web" / "static" / "dist"
POLICY = "default-src 'self'; style-src 'self'; script-src 'self'"
NAV = ["Hôm nay", "Lịch phòng", "Đăng ký", "Hộp thư đi", "Điểm cầu", "Số liệu", "Danh bạ", "Nhật ký"]


def environment(language: str) -> Environment:
    """The service's own environment of a language, able to find style.html too."""
    real = Templates()._environments[language]  # no public way in: only this page needs it
    return real.overlay(loader=ChoiceLoader([real.loader, FileSystemLoader(Path(__file__).parent)]))


def asset(name: str) -> str:
    return "/static/dist/" + json.loads((DIST / "manifest.json").read_text())[name]


async def page(request: web.Request) -> web.Response:
    lang = "en" if request.query.get("lang") == "en" else "vi"
    text = environment(lang).get_template("style.html").render(
        asset=asset,
        lang=lang,
        path="/",
        q="",
        user={"name": "Nguyễn Văn An", "unit": "Sở Thông tin và Truyền thông"},
        nav=[{"href": "#", "label": label, "current": i == 0, "count": i % 3} for i, label in enumerate(NAV)],
        csrf="sample",
        flash=[{"text": "Đã lưu bản nháp.", "tone": "ok"}],
        demo=True,
        simulated=True,
        build="0.1.0",
        page_href=lambda n: f"?page={n}",
        months=[{"label": f"T{n}", "a": 10 + n * 2 % 9, "b": 3 + n * 5 % 7} for n in range(1, 13)],
    )
    return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": POLICY})


if __name__ == "__main__":
    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_static("/static/dist", DIST)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8099)
