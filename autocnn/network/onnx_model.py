"""Networks as ONNX models, and ONNX Runtime to run them."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Any

from autocnn.errors import Problem, SpaceError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

OPSET = 20
LARGEST = 2**31 - 1
"""Bytes of a model in one file: more, protobuf does not take."""

NEEDED = ("onnx", "onnxruntime", "onnxscript")


def lack(what: str) -> str:
    """What must be installed before there is ONNX, or nothing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if not missing:
        return ""
    return f"{what} needs {' and '.join(missing)}: pip install 'autocnn[onnx]'"


def to_onnx(
    module: nn.Module, example: Tensor, ends: tuple[str, str], notes: Mapping[str, str], about: str
) -> bytes:
    """A module as an ONNX model whose input and output have these names and any batch size.

    `notes` are its metadata and `about` its description. Raises SpaceError (A10) for modules that
    have no ONNX form.
    """
    import onnx
    import torch

    batch = {0: torch.export.Dim("batch", min=1)}
    with _quiet():
        try:
            program = torch.onnx.export(
                module, (example,), dynamo=True, verbose=False, opset_version=OPSET,
                input_names=[ends[0]], output_names=[ends[1]], dynamic_shapes=(batch,),
                custom_translation_table={torch.ops.aten.adaptive_max_pool2d.default: _max_pool},
            )  # fmt: skip
        except Exception as error:  # whatever a layer of the user's own does
            raise _refusal(error) from error
    assert program is not None
    model = program.model_proto
    if model.ByteSize() > LARGEST:
        raise SpaceError(Problem("A10", "is too large for one ONNX file, which ends at 2 GB"))
    _forget_origin(model.graph)
    model.doc_string = about
    onnx.helper.set_model_props(model, dict(notes))
    try:
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:  # its errors have no base of their own
        raise _refusal(error) from error
    found: bytes = model.SerializeToString(deterministic=True)
    return found


def run_onnx(model: bytes, images: NDArray[Any]) -> NDArray[np.float32]:
    """The output of a model for an array that it takes; raises SpaceError (A10) if it cannot."""
    found: NDArray[np.float32] = _runs(model, images)()[0]
    return found


def onnx_call(module: nn.Module, images: Tensor) -> Callable[[], object]:
    """What runs a module on these images by ONNX Runtime in the calling thread.

    It is traced, which takes a thirtieth of the time of `to_onnx`; what cannot be traced is
    exported whole. It has run once. Raises SpaceError (A10) for modules that have no ONNX form, or
    one that ONNX Runtime does not run.
    """
    import torch

    file = BytesIO()
    with _quiet():
        try:
            torch.onnx.export(
                module, (images,), file,  # type: ignore[arg-type]  # which may be a stream
                dynamo=False, opset_version=OPSET, input_names=["images"],
            )  # fmt: skip
            model = file.getvalue()
        except Exception:  # torch's own errors have no base of their own
            several = images.new_zeros(2, *images.shape[1:])
            model = to_onnx(module, several, ("images", "outputs"), {}, "")
    return _runs(model, images.numpy())


def _runs(model: bytes, images: NDArray[Any]) -> Callable[[], Any]:
    """What runs a model, after it has done so once."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4  # errors are raised, and need not be on stderr, too
    try:
        session = InferenceSession(model, options, providers=["CPUExecutionProvider"])
        given = {session.get_inputs()[0].name: images}
        session.run(None, given)
    except Exception as error:  # its errors have no base of their own
        raise _refusal(error) from error
    return lambda: session.run(None, given)


def _max_pool(x: Any, output_size: list[int]) -> tuple[Any, Any]:
    """Adaptive max pooling, for which torch has no ONNX form: the maximum of each slice."""
    from onnxscript import opset20 as op

    sizes = x.shape[-2:]
    for axis, size, count in zip((2, 3), sizes, output_size, strict=True):
        slices = [
            op.Slice(x, _ints(k * size // count), _ints(-(-(k + 1) * size // count)), _ints(axis))
            for k in range(count)
        ]
        x = op.Concat(*(op.ReduceMax(part, _ints(axis)) for part in slices), axis=axis)
    return x, x  # the places of the maxima, which nothing here asks for


def _ints(value: int) -> Any:
    from onnxscript import opset20 as op

    return op.Constant(value_ints=[value])


def _refusal(error: Exception) -> SpaceError:
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    return SpaceError(Problem("A10", f"has no ONNX form: {lines[0]}"))


def _forget_origin(graph: Any) -> None:
    """Drop what tells files and lines of the machine that made it."""
    for part in (*graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    graph.ClearField("metadata_props")


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what torch says of its own insides and of packages that it does not find.

    Its tracer turns a log on that prints the graph of what it cannot trace, to stdout.
    """
    import torch

    torch._C._jit_set_onnx_log_output_stream("stderr")
    log = torch._C._jit_onnx_log
    torch._C._jit_onnx_log = lambda *_: None
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch._C._jit_onnx_log = log
        logger.setLevel(level)
