"""Development only: write the schema of the models as the frozen SQL of the first revision.

``python -m confsvc.migrations.freeze`` — only before the first release; later changes are revisions of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import create_mock_engine

from confsvc.tables import Base

FOLDER = Path(__file__).parent / "initial"


def statements(dialect: str) -> list[str]:
    """Every statement that creates the schema, parents first."""
    found: list[str] = []

    def keep(statement: Any, *_: Any, **__: Any) -> None:
        found.append(str(statement.compile(dialect=engine.dialect)).strip().replace("%%", "%"))

    engine = create_mock_engine(f"{dialect}://", keep)
    Base.metadata.create_all(engine, checkfirst=False)
    return found


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in ("sqlite", "postgresql"):
        text = "\n--;;\n".join(" ".join(statement.split()) for statement in statements(name))
        (FOLDER / f"{name}.sql").write_text(text + "\n", encoding="utf-8")
