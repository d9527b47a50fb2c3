"""Named things with options: how layers, optimizers, schedules and the rest are extended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError, core_schema

from autocnn.errors import suggest


class Options(BaseModel):
    """A frozen, hashable value whose fields are the options of one registered thing.

    `word` is its name in the language, set by the registry; `paper` the reference it comes from.
    `needs` is the module that it cannot do without, which the package's `extra` installs; `tasks`
    are those it serves, all of them if there are none. `imported_from` is the module of one that a
    user wrote.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, validate_default=True
    )

    word: ClassVar[str] = ""
    paper: ClassVar[str] = ""
    needs: ClassVar[str] = ""
    extra: ClassVar[str] = ""
    tasks: ClassVar[tuple[str, ...]] = ()
    imported_from: ClassVar[str] = ""

    @classmethod
    def serves(cls, task: str) -> bool:
        """Whether it can be used where labels are what this task says."""
        return not cls.tasks or task in cls.tasks

    @classmethod
    def lack(cls) -> str:
        """What must be installed before this can be used, or nothing."""
        if not cls.needs or find_spec(cls.needs) is not None:
            return ""
        return f"{cls.word!r} needs more: pip install 'autocnn[{cls.extra}]'"

    @classmethod
    def further(cls) -> Mapping[str, Any]:
        """The annotations of options beyond the fields, where registered things are options."""
        return {}

    def to_json(self) -> dict[str, Any]:
        """Every option spelled out, in plain JSON values."""
        return self.model_dump(mode="json")


def modules_of(value: object) -> set[str]:
    """The modules from outside that options, alone, within others or in tuples, come from."""
    if isinstance(value, Options):
        return {value.imported_from} - {""} | modules_of(tuple(vars(value).values()))
    if isinstance(value, tuple):
        return set().union(*map(modules_of, value))
    return set()


T = TypeVar("T", bound=Options)
C = TypeVar("C", bound=type[Options])


class UnknownWord(KeyError):
    """A word that the registry does not have; the text lists the known ones and the nearest."""

    def __init__(self, thing: str, word: object, known: tuple[str, ...]):
        self.word, self.known = word, known
        near = suggest(word, known) if isinstance(word, str) else ""
        self.text = f"unknown {thing} {word!r}{near}; known: {', '.join(known)}"
        super().__init__(self.text)

    def __str__(self) -> str:
        return self.text


class Registry(Mapping[str, type[T]], Generic[T]):
    """The known words for one kind of thing, such as `layer` or `optimizer`, in sorted order."""

    def __init__(self, thing: str):
        self.thing = thing
        self._entries: dict[str, type[T]] = {}

    def register(self, word: str) -> Callable[[C], C]:
        """Class decorator: make the options class known under `word`."""

        def add(options: C) -> C:
            if word in self._entries:
                raise ValueError(f"{self.thing} {word!r} is registered twice")
            options.word = word
            if "imported_from" not in vars(options):
                module = options.__module__
                ours = module.partition(".")[0] == __name__.partition(".")[0]
                options.imported_from = "" if ours else module
            self._entries[word] = options  # type: ignore[assignment]
            return options

        return add

    def __getitem__(self, word: str) -> type[T]:
        if not isinstance(word, str) or word not in self._entries:
            raise UnknownWord(self.thing, word, tuple(self))
        return self._entries[word]

    def __contains__(self, word: object) -> bool:
        return word in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def misfit(self, word: str, task: str) -> str:
        """Why a known word is none for a task, with those that are, or nothing."""
        if self[word].serves(task):
            return ""
        known = ", ".join(other for other in self if self[other].serves(task))
        own = " and ".join(self[word].tasks)
        return f"{self.thing} {word!r} is for {own}; for {task} there are {known}"

    def parse(self, value: object) -> T:
        """Read `word` or `{word: {option: value}}`; an instance is returned as it is.

        Raises UnknownWord, pydantic.ValidationError, or TypeError for any other form.
        """
        if isinstance(value, tuple(self._entries.values())):
            return value  # type: ignore[return-value]
        if isinstance(value, str):
            return self[value]()
        if isinstance(value, Mapping) and len(value) == 1:
            ((word, options),) = value.items()
            return self[word].model_validate(dict(options) if options is not None else {})
        raise TypeError(f"expected a {self.thing} as `name` or `{{name: {{options}}}}`")

    @staticmethod
    def write(value: Options) -> dict[str, Any]:
        """The JSON form of a registered value: `{word: {every option}}`."""
        return {value.word: value.to_json()}


@dataclass(frozen=True, eq=False)
class OneOf:
    """Marks an annotation `Annotated[Base, OneOf(REGISTRY)]`: `name` or `{name: {options}}`.

    The language finds this marker in a field's metadata to look inside the options, to apply
    holes there and to write the schema.
    """

    registry: Registry[Any]

    def _parse(self, value: object) -> Options:
        try:
            parsed: Options = self.registry.parse(value)
            return parsed
        except (UnknownWord, TypeError) as error:
            raise PydanticCustomError("one_of", "{text}", {"text": str(error)}) from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            text = f"{where}: {first['msg']}" if where else first["msg"]
            raise PydanticCustomError("one_of", "{text}", {"text": text}) from error

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> Any:
        return core_schema.no_info_plain_validator_function(
            self._parse,
            serialization=core_schema.plain_serializer_function_ser_schema(self.registry.write),
        )

    def __get_pydantic_json_schema__(self, _schema: Any, _handler: Any) -> dict[str, Any]:
        # Not a `$ref`: pydantic resolves those itself and does not know ours.
        return {"registry": self.registry.thing}


def _whole(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _none_is_null(value: object) -> object:
    return None if value == "none" else value


def _none_is_empty(value: object) -> object:
    return () if value is None or value == "none" else value


Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number; `1e6` serves as one, `true` does not."""

Listed = BeforeValidator(_tuple)
"""Lets a YAML or JSON list serve where a tuple is kept: `Annotated[tuple[int, ...], Listed]`."""

OrNone = BeforeValidator(_none_is_null)
"""Lets the word `none` serve where an option may be off."""

OrEmpty = BeforeValidator(_none_is_empty)
"""Lets the word `none` serve for an empty list."""


def _pairs(value: object) -> tuple[tuple[str, Any], ...]:
    """A mapping of options as sorted pairs, which can be hashed."""
    if value == ():
        return ()
    if not isinstance(value, Mapping):
        raise ValueError("expected a mapping of options, such as {rho: 0.9}")
    found = []
    for key, given in sorted(value.items()):
        inner = tuple(given) if isinstance(given, list | tuple) else given
        if not all(isinstance(one, bool | int | float | str) for one in _each(inner)):
            raise ValueError(f"{key!r} must be a number, word, true, false, or a list of these")
        found.append((key, inner))
    return tuple(found)


def _each(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _mapping(pairs: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    return {key: list(inner) if isinstance(inner, tuple) else inner for key, inner in pairs}


NamedOptions = Annotated[
    tuple[tuple[str, Any], ...],
    PlainValidator(_pairs),
    PlainSerializer(_mapping),
    WithJsonSchema({"type": "object"}),
]
"""Options of a library's thing by their names there, which the library knows and we do not."""
