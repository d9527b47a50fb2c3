"""Random layers, valid and invalid, as the language writes them."""

from __future__ import annotations

from hypothesis import strategies as st

from autocnn.network import ACTIVATIONS, LAYERS, NORMS

small = st.integers(1, 4)
either = small | st.lists(small, min_size=2, max_size=2)
pads = st.integers(0, 3)
norms = st.sampled_from(tuple(NORMS)) | st.builds(
    lambda groups: {"group": {"groups": groups}}, st.integers(1, 4)
)
activations = st.sampled_from(tuple(ACTIVATIONS))


def _options(required=None, **optional):
    return st.fixed_dictionaries(required or {}, optional=optional)


conv = _options(
    {"channels": st.integers(1, 6)},
    kernel=either,
    stride=either,
    padding=st.sampled_from(["same", "same_tf", "valid"])
    | pads
    | st.lists(pads, min_size=2, max_size=2)
    | st.lists(st.integers(-3, 3), min_size=4, max_size=4),
    dilation=st.integers(1, 2) | st.lists(st.integers(1, 3), min_size=2, max_size=2),
    groups=st.sampled_from([1, 2, 3, "depthwise"]),
    bias=st.sampled_from([True, False, "auto"]),
    norm=norms,
    activation=activations,
    order=st.sampled_from(["conv-norm-act", "norm-act-conv", "conv-act-norm"]),
    init=st.sampled_from(["torch", "dirac"]),
)
depthwise = conv.map(
    lambda options: {k: v for k, v in options.items() if k != "channels"} | {"groups": "depthwise"}
)
odd = st.sampled_from([1, 3, 5])
modes = st.sampled_from(["nearest", "bilinear", "bicubic", "area"])
squeezes = _options(channels=small) | _options(reduction=small, activation=activations)
PRIMITIVES = {
    "conv": conv | depthwise,
    "linear": _options({"units": st.integers(1, 6)}, norm=norms, activation=activations),
    "pool": _options(
        kind=st.sampled_from(["max", "avg", "lp", "blur"]),
        kernel=either,
        stride=either,
        padding=st.integers(0, 2) | st.lists(st.integers(0, 2), min_size=2, max_size=2),
        ceil=st.booleans(),
        count_padding=st.booleans(),
    ),
    "global_pool": _options(kind=st.sampled_from(["avg", "max", "avgmax"])),
    "flatten": _options(),
    "identity": _options(),
    "zero": _options(),
    "norm": _options(kind=norms),
    "activation": _options(kind=activations),
    "dropout": _options(
        {"rate": st.sampled_from([0, 0.5])},
        kind=st.sampled_from(["element", "channel", "block", "path"]),
        size=small,
    ),
    "se": squeezes,
    "cbam": squeezes | _options(kernel=odd, norm=norms),
    "eca": _options(kernel=odd | st.just("auto"), gate=activations),
    "spatial_attention": _options(kernel=odd, norm=norms, gate=activations),
    "scale": _options(initial=st.floats(0, 2)),
    "shuffle": _options(groups=small),
    "adaptive_pool": _options({"size": either}, kind=st.sampled_from(["avg", "max"])),
    "resize": _options({"size": either}, mode=modes)
    | _options({"scale": st.sampled_from([0.3, 0.5, 1, 1.7, 2])}, mode=modes),
}
MERGES = st.sampled_from(["add", "concat", "mean", "max", "mul"])


def _written(kinds):
    return st.one_of(
        *(options.map(lambda value, word=word: {word: value}) for word, options in kinds.items())
    )


@st.composite
def graphs(draw, lists):
    """A graph in which every node takes some before it and leads somewhere."""
    names = ["a", "b", "c"][: draw(st.integers(0, 3))]
    nodes, open_ends = {}, ["input"]
    for place, name in enumerate(names):
        taken = draw(st.lists(st.sampled_from(["input", *names[:place]]), min_size=1, max_size=3))
        inner = {"merge": draw(MERGES), "layers": draw(lists)}
        nodes[name] = {"from": [{other: draw(lists)} for other in taken], **inner}
        open_ends = [*(other for other in open_ends if other not in taken), name]
    left = [name for name in open_ends if name != "input"] or ["input"]
    turned = dict(reversed(nodes.items())) if draw(st.booleans()) else nodes
    return {"nodes": turned, "output": left, "merge": draw(MERGES)}


def _containers(layers):
    lists = st.lists(layers, max_size=3)
    return _written(
        {
            "residual": _options(
                {"body": lists},
                shortcut=st.sampled_from(["auto", "identity", "conv", "none"]) | lists,
                merge=MERGES,
                activation=activations,
                drop_path=st.sampled_from([0.0, 0.2]),
            ),
            "branches": _options(
                {"paths": st.lists(lists, min_size=1, max_size=3)},
                split=st.sampled_from(["none", "even"]),
                merge=MERGES,
            ),
            "graph": graphs(lists),
            "group": st.fixed_dictionaries({"name": st.just("block"), "layers": lists}),
        }
    )


primitives = _written(PRIMITIVES)
layers = st.one_of(primitives, _containers(primitives | _containers(primitives))).map(LAYERS.parse)
maps = st.tuples(st.integers(1, 6), st.integers(1, 10), st.integers(1, 10))
shapes = st.one_of(maps, maps, maps, st.tuples(st.integers(1, 12)))
