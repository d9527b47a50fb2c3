"""Instructions of the processor from numba: matrix tiles (Intel AMX), and what fills them.

A tile holds 16 rows of 64 bytes. Tiles 0 to 3 hold 32 x 32 float32 sums, the upper rows first;
`multiply0` to `multiply3` add to each of them the product of its bfloat16 factors: tiles 4 and 5
are the upper and lower 16 rows of 32 values, 6 and 7 the left and right 16 columns, each of whose
rows holds a pair of values per column. Arrays are addressed in bytes.

See the Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.extending import intrinsic

SIDE = 32
"""Rows and columns of the sums, and values in one product."""

LAYOUT = np.zeros(64, np.uint8)
"""What `begin` takes: eight tiles of 16 rows of 64 bytes."""
LAYOUT[0] = 1
LAYOUT[16:32:2] = 64
LAYOUT[48:56] = 16

SYSCALL, REQUEST, TILES = 158, 0x1023, 18
"""arch_prctl, ARCH_REQ_XCOMP_PERM and the number of the tiles' state."""

BYTE, WORD = ir.IntType(8), ir.IntType(64)
POINTER = BYTE.as_pointer()


def _instruction(generate: Callable[..., Any]) -> Any:
    """A function for compiled code, from one that gives its types and writes its code."""
    return intrinsic(generate)


def available() -> bool:
    """Whether this process may use tiles; asks the system for them."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return False
    features = binding.get_host_cpu_features()
    if not (features.get("amx-tile") and features.get("amx-bf16")):
        return False
    return int(ctypes.CDLL(None).syscall(SYSCALL, REQUEST, TILES)) == 0


def _call(builder: Any, name: str, arguments: list[Any]) -> None:
    kinds = ir.FunctionType(ir.VoidType(), [argument.type for argument in arguments])
    name = f"llvm.x86.{name}"
    function = cgutils.get_or_insert_function(builder.module, kinds, name)  # type: ignore[no-untyped-call]
    builder.call(function, arguments)


def _place(context: Any, builder: Any, kind: Any, array: Any, offset: Any) -> Any:
    """The address `offset` bytes after the beginning of an array."""
    data = context.make_array(kind)(context, builder, array).data
    return builder.gep(builder.bitcast(data, POINTER), [offset])


def _numbers(name: str, *tiles: int) -> Any:
    """An instruction on numbered tiles alone."""

    @_instruction
    def instruction(context):  # type: ignore[no-untyped-def]
        def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            _call(builder, name, [ir.Constant(BYTE, tile) for tile in tiles])
            return context.get_dummy_value()

        return types.void(), generate

    return instruction


def _memory(name: str, *tile: int) -> Any:
    """An instruction `(array, offset, stride)` on lines of memory."""

    @_instruction
    def instruction(context, array, offset, stride):  # type: ignore[no-untyped-def]
        def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            place = _place(context, builder, signature.args[0], *arguments[:2])
            numbers = [ir.Constant(BYTE, number) for number in tile]
            _call(builder, name, [*numbers, place, *([arguments[2]] if tile else [])])
            return context.get_dummy_value()

        return types.void(array, types.int64, types.int64), generate

    return instruction


begin = _memory("ldtilecfg")
end = _numbers("tilerelease")
load0, load1, load2, load3, load4, load5, load6, load7 = (
    _memory("tileloadd64", tile) for tile in range(8)
)
store0, store1, store2, store3 = (_memory("tilestored64", tile) for tile in range(4))
multiply0, multiply1, multiply2, multiply3 = (
    _numbers("tdpbf16ps", *tiles) for tiles in ((0, 4, 6), (1, 4, 7), (2, 5, 6), (3, 5, 7))
)


def _vector(builder: Any, place: Any, bits: int, count: int) -> Any:
    kind = ir.VectorType(ir.IntType(bits), count)
    return builder.load(builder.bitcast(place, kind.as_pointer()), align=1)


def _store(builder: Any, vector: Any, place: Any) -> None:
    builder.store(vector, builder.bitcast(place, vector.type.as_pointer()), align=1)


def _woven(builder: Any, first: Any, second: Any, begin: int, count: int) -> Any:
    """`count` values of each vector in turns, from `begin` on."""
    width = first.type.count
    places = [begin + i // 2 + (i % 2) * width for i in range(2 * count)]
    chosen = ir.Constant(ir.VectorType(ir.IntType(32), 2 * count), places)
    return builder.shuffle_vector(first, second, chosen)


@_instruction
def weave(context, source, first, second, target, at):  # type: ignore[no-untyped-def]
    """Write 32 values of 16 bits from `first` on and 32 from `second` on, in turns."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        array, first, second, out, at = arguments
        lows, highs = (
            _vector(builder, _place(context, builder, signature.args[0], array, place), 16, SIDE)
            for place in (first, second)
        )
        place = _place(context, builder, signature.args[3], out, at)
        for begin in (0, SIDE // 2):
            woven = _woven(builder, lows, highs, begin, SIDE // 2)
            _store(builder, woven, builder.gep(place, [ir.Constant(WORD, 4 * begin)]))
        return context.get_dummy_value()

    number = types.int64
    return types.void(source, number, number, target, number), generate


@_instruction
def turn(context, source, at, line, target, to, step):  # type: ignore[no-untyped-def]
    """Transpose 32 lines of 16 values of 16 bits into 16 lines of 32."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        array, at, line, out, to, step = arguments
        place = _place(context, builder, signature.args[0], array, at)
        lines = []
        for _ in range(SIDE):
            lines.append(_vector(builder, place, 16, 16))
            place = builder.gep(place, [line])
        pairs = ir.VectorType(ir.IntType(32), 16)
        rows = [
            builder.bitcast(_woven(builder, low, high, 0, 16), pairs)
            for low, high in zip(lines[::2], lines[1::2], strict=True)
        ]
        for _ in range(4):  # each round weaves row i with row i + 8
            rows = [
                _woven(builder, rows[i], rows[i + 8], begin, 8)
                for i in range(8)
                for begin in (0, 8)
            ]
        place = _place(context, builder, signature.args[3], out, to)
        for row in rows:
            _store(builder, row, place)
            place = builder.gep(place, [step])
        return context.get_dummy_value()

    number = types.int64
    return types.void(source, number, number, target, number, number), generate


@_instruction
def copy(context, source, at, target, to, size):  # type: ignore[no-untyped-def]
    """Copy `size` bytes."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        array, at, out, to, size = arguments
        cgutils.raw_memcpy(  # type: ignore[no-untyped-call]
            builder,
            _place(context, builder, signature.args[2], out, to),
            _place(context, builder, signature.args[0], array, at),
            size,
            1,
        )
        return context.get_dummy_value()

    number = types.int64
    return types.void(source, number, target, number, number), generate
