"""The API's description, OpenAPI 3.1, made from the routes and their models: it cannot say other than what is done."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from confsvc.access import Permission
from confsvc.web import keys
from confsvc.web.api.layer import JSON, Operation
from confsvc.web.rendering import BUILD
from confsvc.web.route import Route

_REF = "#/components/schemas/{model}"
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "In the language asked for with Accept-Language"},
        "code": {"type": "string", "description": "Stable"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "data": {"type": "object"},
                },
            },
        },
        "taken": {"type": "array", "items": {"type": "object"}},
        "ways_out": {"type": "object"},
        "data": {"type": "object"},
    },
}
_MEANINGS = {
    400: "Not readable", 401: "Not signed in", 403: "Not allowed", 404: "Not found", 409: "Not possible",
    412: "Changed in the meantime", 413: "Too large", 415: "Not JSON", 422: "Some fields are not right",
    503: "Not available for a moment",
}  # fmt: skip


async def openapi(request: web.Request) -> web.Response:
    routes = request.app[keys.ROUTES]
    return web.json_response(describe(routes, request.app[keys.SETTINGS].public_url))


def describe(routes: Iterable[Route], server: str) -> dict[str, Any]:
    """The document for those routes that have an operation."""
    described = [(route, route.operation) for route in routes if route.operation is not None]
    schemas = _schemas([operation for _, operation in described])
    paths: dict[str, dict[str, Any]] = {}
    for route, operation in described:
        path = re.sub(r"\{(\w+):.*?\}(?=/|$)", r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "confsvc",
            "version": BUILD,
            "description": "Conferences of a province: book, look, measure. Times carry a zone; offices are named by "
            "code, rooms and conferences by key.",
        },
        "servers": [{"url": server}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {**schemas, "Problem": _PROBLEM},
        },
    }


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    bodies = {op.body for op in operations if op.body is not None}
    answers = {op.answer for op in operations if op.answer is not None}
    wanted = sorted(
        [*((model, "validation") for model in bodies), *((model, "serialization") for model in answers)],
        key=lambda pair: pair[0].__name__,
    )
    _, document = models_json_schema(wanted, ref_template=_REF)  # type: ignore[arg-type]
    found: dict[str, Any] = document.get("$defs", {})
    return found


def _operation(route: Route, operation: Operation) -> dict[str, Any]:
    parameters = [*_parameters(operation.path, "path"), *_parameters(operation.query, "query")]
    parameters += [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": text}
        for name, text in operation.headers.items()
    ]
    made: dict[str, Any] = {
        "operationId": f"{operation.name}_{route.path.strip('/').split('/')[2].split('.')[0]}",
        "summary": operation.summary,
        "description": f"Permission: {route.permission}",
        "responses": _responses(operation),
    }
    if route.permission is Permission.PUBLIC:
        made["security"] = []
    if parameters:
        made["parameters"] = parameters
    if operation.body is not None:
        schema = {"$ref": _REF.format(model=operation.body.__name__)}
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return made


def _responses(operation: Operation) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done"}
    if operation.answer is not None:
        schema = {"$ref": _REF.format(model=operation.answer.__name__)}
        good["content"] = {"application/json": {"schema": schema}}
    elif operation.media != JSON:
        good["content"] = {operation.media: {"schema": {"type": "string", "format": "binary"}}}
    statuses = {401, 403, *operation.problems}
    if operation.path is not None:
        statuses |= {404, 422}
    if operation.query is not None:
        statuses.add(422)
    if operation.body is not None:
        statuses |= {400, 413, 415, 422}
    problem = {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}}
    refused = {str(status): {"description": _MEANINGS[status], "content": problem} for status in sorted(statuses)}
    return {str(operation.status): good, **refused}


def _parameters(model: type[BaseModel] | None, where: str) -> list[dict[str, Any]]:
    if model is None:
        return []
    schema = model.model_json_schema(ref_template=_REF)
    required = set(schema.get("required", ()))
    return [
        {"name": name, "in": where, "required": where == "path" or name in required, "schema": _plain(field)}
        for name, field in schema["properties"].items()
    ]


def _plain(field: dict[str, Any]) -> dict[str, Any]:
    """A query has no null: an optional parameter is one that may be left out."""
    choices = [choice for choice in field.get("anyOf", ()) if choice.get("type") != "null"]
    if len(choices) == 1:
        field = {**{k: v for k, v in field.items() if k not in ("anyOf", "default")}, **choices[0]}
    return field
