"""Between bodies and views: the short way through a schema for what is right; marshmallow has the word on the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, missing
from marshmallow.fields import Field

Load = Callable[[Any], "dict[str, Any] | None"]
Dump = Callable[[Any], Any]


def loader(schema: Schema) -> Load | None:
    """A function that loads what `schema.load` would, field by field; None for a schema that does more than that.

    It answers None for what is not right, and does not say why: for that `schema.load` is asked. What it saves is the
    collecting of mistakes, which costs several times as much as looking at the fields.
    """
    if not _is_plain(schema, schema.load_fields):
        return None
    plan = [(field.data_key or name, field.attribute or name, field) for name, field in schema.load_fields.items()]
    known = frozenset(key for key, _, _ in plan)

    def load(given: Any) -> dict[str, Any] | None:
        if type(given) is not dict or not known.issuperset(given):
            return None
        loaded = {}
        try:
            for key, name, field in plan:
                value = field.deserialize(given.get(key, missing), key, given)
                if value is not missing:
                    loaded[name] = value
        except ValidationError:
            return None
        return loaded

    return load


def dumper(schema: Schema) -> Dump:
    """A function that dumps what `schema.dump` would, taking each field straight from the object where it can."""
    fields = schema.dump_fields
    if not _is_plain(schema, fields) or not all(field._CHECK_ATTRIBUTE for field in fields.values()):
        return schema.dump
    plan = [(field.data_key or name, field.attribute or name, field._serialize) for name, field in fields.items()]

    def dump(value: Any) -> Any:
        dumped = {}
        if hasattr(value, "__getitem__"):
            return schema.dump(value)
        for key, name, serialize in plan:
            found = getattr(value, name, missing)
            if found is missing:
                return schema.dump(value)
            dumped[key] = serialize(found, name, value)
        return dumped

    return dump


def _is_plain(schema: Schema, fields: Mapping[str, Field[Any]]) -> bool:
    """Whether a schema is its fields alone: no hooks, none of it optional, nothing in an object inside another."""
    hooks = getattr(schema, "_hooks", {"unknown": True})
    dotted = any("." in (field.attribute or name) for name, field in fields.items())
    more = any(hooks.values()) or schema.many or schema.partial or dotted
    return not more and schema.dict_class is dict and type(schema).get_attribute is Schema.get_attribute
