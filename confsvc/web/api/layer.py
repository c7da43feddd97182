"""The thin layer between HTTP and typed functions: models in, models out, and a description of both.

``@operation("Book a conference", answer=BookedOut, status=201)`` on ``async def book(request, *, path, query, body)``:
the parameters it names are read, checked against their annotations, and described in OpenAPI. All wrong fields of all
parts are told at once.
"""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from aiohttp import web
from multidict import MultiMapping
from pydantic import BaseModel, ValidationError

from confsvc.web.api.fields import field_errors, unstorable
from confsvc.web.route import Handler
from rooms.errors import FieldError, Invalid, Problem

JSON = "application/json"


@dataclass(frozen=True)
class Operation:
    """What a handler takes and gives."""

    name: str
    summary: str
    answer: type[BaseModel] | None
    status: int
    problems: tuple[int, ...]
    headers: Mapping[str, str]
    media: str = JSON
    path: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None


@dataclass(frozen=True)
class Answer:
    """A model with another status than the usual one, or with headers.

    ``written``: the body as bytes, where making thousands of models would take most of the time. It has to be what the
    described model would give; a test of the operation proves it.
    """

    model: BaseModel | None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    written: bytes | None = None


Function = Callable[..., Awaitable["BaseModel | Answer"]]


def operation(
    summary: str, *, answer: type[BaseModel] | None, status: int = 200, problems: Collection[int] = (),
    headers: Mapping[str, str] | None = None, media: str = JSON,
) -> Callable[[Function], Handler]:  # fmt: skip
    """``problems``: statuses beyond those that every operation may answer. ``headers``: request headers it reads.
    ``media``: of a file, given as ``Answer.written``, instead of JSON."""

    def wrap(function: Function) -> Handler:
        hints = typing.get_type_hints(function)
        parts = {name: hints[name] for name in inspect.signature(function).parameters if name in _READERS}
        described = Operation(
            function.__name__, summary, answer, status, tuple(problems), headers or {}, media, **parts
        )  # fmt: skip

        @wraps(function)
        async def handler(request: web.Request) -> web.StreamResponse:
            given = await _read(request, parts)
            return _write(await function(request, **given), described)

        handler.operation = described  # type: ignore[attr-defined]
        return handler

    return wrap


async def _read(request: web.Request, parts: Mapping[str, type[BaseModel]]) -> dict[str, BaseModel]:
    given: dict[str, BaseModel] = {}
    errors: list[FieldError] = []
    for name, model in parts.items():
        raw = await _READERS[name](request, model)
        wrong = list(unstorable(raw))
        try:
            if not wrong:
                given[name] = model.model_validate(raw)
        except ValidationError as problem:
            wrong = field_errors(problem.errors(include_url=False))
        errors += wrong
    if errors:
        raise Invalid(errors)
    return given


async def _path(request: web.Request, _model: type[BaseModel]) -> Any:
    return dict(request.match_info)


async def _query(request: web.Request, model: type[BaseModel]) -> Any:
    return from_multi(request.query, model)


async def _body(request: web.Request, _model: type[BaseModel]) -> Any:
    if request.content_type != "application/json":
        raise Problem("media_type", wanted="application/json")
    try:
        return json.loads(await request.text(), parse_constant=_refuse)
    except (ValueError, RecursionError, LookupError) as problem:
        raise Problem("malformed") from problem


_READERS: dict[str, Callable[[web.Request, type[BaseModel]], Awaitable[Any]]] = {
    "path": _path,
    "query": _query,
    "body": _body,
}


def from_multi(values: MultiMapping[Any], model: type[BaseModel]) -> dict[str, Any]:
    """A query or form as the model's raw input: lists where it wants lists; a single field sent twice is wrong."""
    raw: dict[str, Any] = {}
    for name in values:
        every = values.getall(name)
        field_info = model.model_fields.get(name)
        wants_list = field_info is not None and typing.get_origin(field_info.annotation) is list
        raw[name] = every if wants_list or len(every) > 1 else every[0]
    return raw


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _write(result: BaseModel | Answer, described: Operation) -> web.Response:
    answer = result if isinstance(result, Answer) else Answer(result)
    status = answer.status or described.status
    body = answer.written if answer.model is None else answer.model.model_dump_json().encode()
    if body is None:
        return web.Response(status=status, headers=answer.headers)
    charset = "utf-8" if described.media == JSON else None
    return web.Response(body=body, status=status, headers=answer.headers, content_type=described.media, charset=charset)
