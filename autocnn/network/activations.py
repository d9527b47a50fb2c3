"""The activation functions, with the options and defaults of torch."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from autocnn.network.registries import ACTIVATIONS, ActivationKind

Positive = Annotated[float, Field(gt=0)]


@ACTIVATIONS.register("none")
class NoActivation(ActivationKind):
    """Leave the values as they are."""

    absent = True
    module = "Identity"


@ACTIVATIONS.register("relu")
class ReLU(ActivationKind):
    """max(x, 0)."""

    module = "ReLU"


@ACTIVATIONS.register("relu6")
class ReLU6(ActivationKind):
    """min(max(x, 0), 6)."""

    module = "ReLU6"
    paper = "https://arxiv.org/abs/1704.04861"


@ACTIVATIONS.register("leaky_relu")
class LeakyReLU(ActivationKind):
    """x where positive, else `negative_slope` times x."""

    module = "LeakyReLU"
    negative_slope: Annotated[float, Field(ge=0)] = 0.01


@ACTIVATIONS.register("prelu")
class PReLU(ActivationKind):
    """A leaky ReLU whose one slope is learned, starting from `init`."""

    module = "PReLU"
    params: ClassVar[int] = 1
    paper = "https://arxiv.org/abs/1502.01852"
    init: float = 0.25


@ACTIVATIONS.register("elu")
class ELU(ActivationKind):
    """x where positive, else alpha (exp(x) - 1)."""

    module = "ELU"
    paper = "https://arxiv.org/abs/1511.07289"
    alpha: Positive = 1.0


@ACTIVATIONS.register("selu")
class SELU(ActivationKind):
    """The self-normalising ELU with its fixed scale."""

    module = "SELU"
    paper = "https://arxiv.org/abs/1706.02515"


@ACTIVATIONS.register("celu")
class CELU(ActivationKind):
    """The continuously differentiable ELU."""

    module = "CELU"
    paper = "https://arxiv.org/abs/1704.07483"
    alpha: Positive = 1.0


@ACTIVATIONS.register("gelu")
class GELU(ActivationKind):
    """x times the normal distribution function, exact or by `tanh`."""

    module = "GELU"
    paper = "https://arxiv.org/abs/1606.08415"
    approximate: Literal["none", "tanh"] = "none"


@ACTIVATIONS.register("silu")
class SiLU(ActivationKind):
    """x times sigmoid(x), also called swish."""

    module = "SiLU"
    paper = "https://arxiv.org/abs/1702.03118"


@ACTIVATIONS.register("mish")
class Mish(ActivationKind):
    """x times tanh(softplus(x))."""

    module = "Mish"
    paper = "https://arxiv.org/abs/1908.08681"


@ACTIVATIONS.register("hardswish")
class Hardswish(ActivationKind):
    """x times hardsigmoid(x)."""

    module = "Hardswish"
    paper = "https://arxiv.org/abs/1905.02244"


@ACTIVATIONS.register("hardsigmoid")
class Hardsigmoid(ActivationKind):
    """relu6(x + 3) / 6."""

    module = "Hardsigmoid"


@ACTIVATIONS.register("softplus")
class Softplus(ActivationKind):
    """log(1 + exp(beta x)) / beta."""

    module = "Softplus"
    beta: Positive = 1.0


@ACTIVATIONS.register("softsign")
class Softsign(ActivationKind):
    """x / (1 + |x|)."""

    module = "Softsign"


@ACTIVATIONS.register("sigmoid")
class Sigmoid(ActivationKind):
    """1 / (1 + exp(-x))."""

    module = "Sigmoid"


@ACTIVATIONS.register("tanh")
class Tanh(ActivationKind):
    """The hyperbolic tangent."""

    module = "Tanh"
