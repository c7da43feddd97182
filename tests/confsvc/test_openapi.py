"""The API does what its description says: schemathesis asks it everything, within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from confsvc.config import Settings
from confsvc.database import Database
from confsvc.web.routes import API, PROGRAMS, SERIES_PROGRAMS, WEBHOOKS
from tests.confsvc.conftest import Service, serving
from tests.directory import load_default

EXAMPLES = 15
UNDECIDABLE = {"positive_data_acceptance"}
"""Whether a room exists, is free, and a meeting is far enough ahead is not in a schema."""


@pytest.fixture
async def served(settings: Settings, sqlite_url: str) -> AsyncIterator[Service]:
    database = Database(sqlite_url)
    database.write_now(load_default)
    async for running in serving(settings, database):
        yield running
    database.close()


async def test_every_operation_is_described(served: Service) -> None:
    document = (await served.client().get("/api/v1/openapi.json")).json()
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert document["openapi"] == "3.1.0"
    programs = (*PROGRAMS, *SERIES_PROGRAMS, *(route for route in WEBHOOKS if route.path.startswith(API)))
    assert len(described) == len([route for route in programs if route.operation is not None]) == len(programs) - 1
    ids = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(set(ids)) == len(ids)


async def test_the_api_keeps_to_its_description(served: Service) -> None:
    """Bodies, queries and paths, right and wrong, for every operation; no answer may be undescribed or a 5xx."""
    admin = served.account("root", "booker", "admin", "operator", "leader", "reporter", unit="STTTT", at=None)
    document = (await served.client().get("/api/v1/openapi.json")).json()
    token = served.program(admin).headers["Authorization"]
    await asyncio.to_thread(_ask, document, served.url, token)


def _ask(document: dict[str, Any], url: str, token: str) -> None:
    schema = schemathesis.openapi.from_dict(document)
    excluded = [check for check in CHECKS.get_all() if check.__name__ in UNDECIDABLE]
    bounded = settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
        phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip

    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=url, headers={"Authorization": token}, excluded_checks=excluded, timeout=20)

    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:
            if mode is GenerationMode.POSITIVE or operation.body or operation.query or operation.path_parameters:
                bounded(given(case=operation.as_strategy(generation_mode=mode))(ask))()
