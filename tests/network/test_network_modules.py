"""What every built layer owes: gradients, state, memory format; and what each one computes."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from autocnn.network import ACTIVATIONS, LAYERS, NORMS, build
from autocnn.network.chain import chain_module, chain_shape
from autocnn.network.modules.drop_block import DropBlock
from autocnn.network.modules.drop_path import DropPath
from autocnn.space.candidate import Architecture

CONV = {"conv": {"channels": 8, "norm": "batch"}}
EXAMPLES = {
    "activation": "activation",
    "adaptive_pool": {"adaptive_pool": {"size": 4}},
    "branches": {"branches": {"paths": [[], [CONV]], "merge": "mean"}},
    "cbam": {"cbam": {"reduction": 2}},
    "conv": {"conv": {"channels": 8, "kernel": 2, "norm": "batch", "order": "norm-act-conv"}},
    "dropout": {"dropout": {"rate": 0.5}},
    "eca": "eca",
    "flatten": "flatten",
    "global_pool": {"global_pool": {"kind": "avgmax"}},
    "graph": {"graph": {"nodes": {
        "a": {"from": ["input", {"input": [CONV]}], "layers": [CONV]},
        "b": {"from": ["a", "input"], "merge": "mul"},
    }, "output": ["a", {"b": [CONV]}], "merge": "concat"}},
    "group": {"group": {"name": "pair", "layers": [CONV, CONV]}},
    "identity": "identity",
    "linear": {"linear": {"units": 5, "norm": "batch"}},
    "norm": "norm",
    "pool": "pool",
    "residual": {"residual": {"body": [CONV], "shortcut": "conv", "drop_path": 0.5}},
    "resize": {"resize": {"scale": 1.5, "mode": "bilinear"}},
    "scale": "scale",
    "se": {"se": {"reduction": 2}},
    "shuffle": {"shuffle": {"groups": 4}},
    "spatial_attention": "spatial_attention",
    "zero": "zero",
}  # fmt: skip
RANDOM = {"dropout", "residual"}  # differ from call to call in training
SPATIAL = set(EXAMPLES) - {"flatten", "global_pool", "linear"}


@pytest.fixture(params=sorted(EXAMPLES))
def word(request):
    return request.param


@pytest.fixture
def made(word):
    """An example of each layer, its module, and an input in channels_last."""
    torch.manual_seed(0)
    layer = LAYERS.parse(EXAMPLES[word])
    shape = (8,) if word == "linear" else (8, 6, 6)
    x = torch.randn(4, *shape)
    return layer, layer.build(shape), x if word == "linear" else _channels_last(x)


def _channels_last(x):
    return x.contiguous(memory_format=torch.channels_last)


def test_every_layer_has_an_example():
    assert set(EXAMPLES) == set(LAYERS)


def test_the_gradient_reaches_every_parameter_and_the_input(word, made):
    _, module, x = made
    out = module(x.requires_grad_())
    if word == "zero":
        assert not out.any()
        return
    out.square().sum().backward()
    assert x.grad.abs().sum() > 0
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_the_state_makes_an_equal_module(made):
    layer, module, x = made
    module(x)  # moves running statistics
    other = layer.build(tuple(x.shape[1:]))
    other.load_state_dict(module.state_dict(), strict=True)
    torch.testing.assert_close(other.eval()(x), module.eval()(x), rtol=0, atol=0)


def test_the_seed_decides_the_module(made):
    layer, _, x = made
    states = []
    for _ in range(2):
        torch.manual_seed(3)
        states.append(layer.build(tuple(x.shape[1:])).state_dict())
    for name, value in states[0].items():
        assert torch.equal(value, states[1][name]), name


def test_evaluation_is_repeatable_and_differs_from_training_only_where_meant(word, made):
    _, module, x = made
    trained, evaluated = module.train()(x), module.eval()(x)
    assert torch.equal(module(x), evaluated)
    normed = any(isinstance(inner, nn.modules.batchnorm._BatchNorm) for inner in module.modules())
    assert torch.equal(trained, evaluated) == (word not in RANDOM and not normed)


def test_maps_stay_channels_last(word, made):
    _, module, x = made
    out = module.to(memory_format=torch.channels_last)(x)
    if word in SPATIAL:
        assert out.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    "written",
    [
        {"adaptive_pool": {"size": [3, 9], "kind": "max"}},
        {"dropout": {"rate": 0.5, "kind": "block", "size": 2}},
        *({"resize": {"size": [9, 4], "mode": mode}} for mode in ("nearest", "bicubic", "area")),
    ],
    ids=str,
)
def test_other_kinds_keep_channels_last_and_have_a_gradient(written):
    x = _channels_last(torch.randn(2, 8, 6, 6)).requires_grad_()
    out = LAYERS.parse(written).build((8, 6, 6))(x)
    assert out.is_contiguous(memory_format=torch.channels_last)
    out.square().sum().backward()
    assert x.grad.isfinite().all()
    assert x.grad.any()


@pytest.mark.parametrize("kind", sorted(set(NORMS) - {"instance"}))
def test_norms_keep_channels_last_and_take_flat_features(kind):
    layer = LAYERS.parse({"norm": {"kind": kind}})
    x = _channels_last(torch.randn(2, 8, 4, 4))
    assert layer.build((8, 4, 4))(x).is_contiguous(memory_format=torch.channels_last)
    if kind != "lrn":
        assert layer.build((8,))(torch.randn(2, 8)).shape == (2, 8)


@pytest.mark.parametrize("word", sorted(ACTIVATIONS))
def test_activations_leave_their_input_alone(word):
    x = torch.randn(2, 3, 4, 4)
    before = x.clone()
    ACTIVATIONS.parse(word).build()(x)
    assert torch.equal(x, before)


def test_pools_of_every_kind_keep_channels_last():
    x = _channels_last(torch.randn(2, 3, 7, 7))
    for kind in ("max", "avg", "lp", "blur"):
        pool = LAYERS.parse({"pool": {"kind": kind, "kernel": 3, "stride": 2, "ceil": True}})
        assert pool.build((3, 7, 7))(x).is_contiguous(memory_format=torch.channels_last)


def test_lp_pooling_is_torchs_and_has_a_gradient_at_zero():
    x = torch.randn(2, 3, 8, 8)
    pool = LAYERS.parse({"pool": {"kind": "lp", "kernel": 2}}).build((3, 8, 8))
    torch.testing.assert_close(pool(x), F.lp_pool2d(x, 2.0, 2))
    zeros = torch.zeros(1, 3, 8, 8, requires_grad=True)
    pool(zeros).sum().backward()
    assert zeros.grad.isfinite().all()


def test_a_blur_pool_is_for_one_size():
    pool = LAYERS.parse({"pool": {"kind": "blur", "kernel": 3, "stride": 2, "padding": 1}})
    assert pool.fixed((1, 28, 28)) != pool.fixed((1, 17, 17))


def test_blur_pooling_is_a_binomial_mean():
    pool = LAYERS.parse({"pool": {"kind": "blur", "kernel": 3, "stride": 2}}).build((1, 5, 5))
    assert not pool.state_dict()
    ramp = torch.arange(5.0).expand(1, 1, 5, 5)
    torch.testing.assert_close(pool(ramp), torch.tensor([1.0, 3.0]).expand(1, 1, 2, 2))


def test_channel_norms_match_torch():
    x = torch.randn(2, 6, 3, 3)
    layer = NORMS.parse("layer").build((6, 3, 3))
    torch.testing.assert_close(
        layer(x), F.layer_norm(x.permute(0, 2, 3, 1), (6,)).permute(0, 3, 1, 2)
    )
    rms = NORMS.parse("rms").build((6, 3, 3))
    torch.testing.assert_close(rms(x), x / (x.square().mean(1, keepdim=True) + 1e-5).sqrt())


def test_drop_path_drops_whole_images_and_keeps_the_mean():
    torch.manual_seed(0)
    out = DropPath(0.25)(torch.ones(4000, 2, 3))
    assert sorted(out.flatten(1).mean(1).unique()) == pytest.approx([0, 4 / 3])
    assert out.mean().item() == pytest.approx(1, abs=0.05)


def test_drop_block_drops_whole_patches_and_keeps_the_sum():
    torch.manual_seed(0)
    drop = DropBlock(0.2, 3)
    out = drop(torch.ones(50, 4, 12, 12))
    dropped = (out == 0).float()
    assert out.mean().item() == pytest.approx(1)
    assert dropped.mean().item() == pytest.approx(0.18, abs=0.02)  # patches may overlap
    # Every dropped value lies in a patch of 3x3 that is dropped whole.
    whole = F.avg_pool2d(dropped, 3, 1) > 0.999
    patches = F.max_pool2d(F.pad(whole.float(), (2, 2, 2, 2)), 3, 1)
    assert torch.equal(patches, dropped)
    assert DropBlock(0.5, 9)(torch.ones(2, 1, 3, 5)).isfinite().all()


def test_a_scale_starts_where_it_is_told():
    x = torch.randn(2, 4, 3, 3)
    layer = LAYERS.parse({"scale": {"initial": 0.5}})
    torch.testing.assert_close(layer.build((4, 3, 3))(x), x / 2)
    torch.testing.assert_close(layer.build((4,))(x[:, :, 0, 0]), x[:, :, 0, 0] / 2)


def test_a_shuffle_deals_channels_out():
    x = torch.arange(6.0).view(1, 6, 1, 1)
    out = LAYERS.parse({"shuffle": {"groups": 2}}).build((6, 1, 1))(x)
    assert out.flatten().tolist() == [0, 3, 1, 4, 2, 5]


def test_neighbouring_channels_decide_a_gate():
    layer = LAYERS.parse({"eca": {"kernel": 3}})
    module = layer.build((4, 2, 2))
    nn.init.ones_(module.conv.weight)
    x = torch.arange(4.0).view(1, 4, 1, 1).expand(1, 4, 2, 2)
    gates = torch.tensor([1.0, 3.0, 6.0, 5.0]).sigmoid().view(1, 4, 1, 1)
    torch.testing.assert_close(module(x), x * gates)
    kernels = [LAYERS.parse("eca").resolve((n, 1, 1), {}).kernel for n in (1, 8, 64, 128, 512)]
    assert kernels == [1, 3, 3, 5, 5]


def test_attention_over_positions_sees_mean_and_maximum():
    options = {"kernel": 1, "norm": "none"}
    module = LAYERS.parse({"spatial_attention": options}).build((2, 1, 2))
    module.conv.weight.data = torch.tensor([2.0, 10.0]).view(1, 2, 1, 1)
    x = torch.tensor([[[[1.0, -2.0]], [[3.0, -4.0]]]])
    gates = torch.tensor([2 * 2 + 10 * 3.0, 2 * -3 + 10 * -2.0]).sigmoid()
    torch.testing.assert_close(module(x), x * gates)


def test_a_dirac_convolution_copies_its_input_into_the_first_filters_of_each_group():
    torch.manual_seed(0)
    for groups in (1, 2):
        options = {"channels": 12, "init": "dirac", "groups": groups, "activation": "none"}
        conv = LAYERS.parse({"conv": options}).build((4, 5, 5))
        x = torch.randn(2, 4, 5, 5)
        out = conv(x).unflatten(1, (groups, -1))
        torch.testing.assert_close(out[:, :, : 4 // groups].flatten(1, 2), x)
        assert (conv.conv.weight.std((1, 2, 3)) > 0).all()
        assert not conv.conv.bias.any()
    few = LAYERS.parse({"conv": {"channels": 2, "init": "dirac", "activation": "none"}})
    torch.testing.assert_close(few.build((4, 5, 5))(x), x[:, :2])


def test_a_residual_without_shortcut_is_its_body_alone():
    module = LAYERS.parse({"residual": {"body": ["zero"], "shortcut": "none"}}).build((2, 3, 3))
    assert not module(torch.ones(1, 2, 3, 3)).any()


def test_branches_split_channels_in_order():
    layer = LAYERS.parse({"branches": {"paths": [[], ["zero"]], "split": "even"}})
    x = torch.randn(2, 4, 3, 3)
    out = layer.build((4, 3, 3))(x)
    assert torch.equal(out[:, :2], x[:, :2])
    assert not out[:, 2:].any()


def test_a_graph_is_what_its_nodes_say():
    nodes = {
        "sum": {"from": ["double", "input"]},
        "double": {"from": ["input", "input"]},
        "most": {"from": ["sum", {"double": [{"pool": {"kernel": 1}}]}], "merge": "max"},
    }
    layer = LAYERS.parse({"graph": {"nodes": nodes, "output": ["most", "double"], "merge": "mul"}})
    x = torch.randn(2, 3, 4, 4)
    torch.testing.assert_close(layer.build((3, 4, 4))(x), torch.maximum(3 * x, 2 * x) * 2 * x)
    assert LAYERS.parse({"graph": {"nodes": {}, "output": "input"}}).build((3, 4, 4))(x) is x


def test_graphs_hand_several_maps_on():
    both = {"nodes": {"double": {"from": ["input", "input"]}}, "output": ["double", "input"]}
    turned = {"inputs": ["a", "b"], "nodes": {}, "output": ["b", "a"]}
    inside = {
        "two": {
            "from": ["a", "b", "a"],
            "merge": "none",
            "layers": [
                {"graph": {"inputs": ["x", "y", "z"], "nodes": {}, "output": ["x", "z", "y"]}}
            ],
        }
    }
    layers = [
        {"graph": {**both, "merge": "none"}},
        "identity",
        {"group": {"name": "turn", "layers": [{"graph": {**turned, "merge": "none"}}]}},
        {"graph": {"inputs": ["a", "b"], "nodes": inside, "output": "two", "merge": "add"}},
    ]
    x = torch.randn(2, 3, 4, 4)
    chain = [LAYERS.parse(layer) for layer in layers]
    assert chain_shape(chain, (3, 4, 4)) == (3, 4, 4)
    torch.testing.assert_close(chain_module(chain, (3, 4, 4))(x), 4 * x)
    alone = chain_module(chain[-1:], (3, 4, 4))
    torch.testing.assert_close(alone(x), 3 * x)


def test_padding_below_zero_crops():
    conv = {"channels": 3, "kernel": 1, "stride": 2, "padding": [-1, 1, -2, -1]}
    module = LAYERS.parse({"conv": {**conv, "activation": "none"}}).build((3, 6, 7))
    x = torch.randn(2, 3, 6, 7)
    cut = F.pad(x[:, :, 1:, 2:-1], (0, 0, 0, 1))
    torch.testing.assert_close(module(x), module.conv(cut))


@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
def test_a_dilated_kernel_larger_than_the_map_is_that_with_zeros_between(size, kernel):
    torch.manual_seed(0)
    options = {"channels": 4, "kernel": kernel, "dilation": 3, "groups": 2, "activation": "none"}
    module = LAYERS.parse({"conv": options}).build((4, size, size))
    weight = module.conv.weight
    side = 3 * (kernel - 1)
    spread = torch.zeros(*weight.shape[:2], side + 1, side + 1)
    spread[:, :, ::3, ::3] = weight.detach()
    x = torch.randn(2, 4, size, size)
    around = F.pad(x, (side // 2, side - side // 2) * 2)
    expected = F.conv2d(around, spread.requires_grad_(), module.conv.bias, groups=2)
    out = module(x)
    torch.testing.assert_close(out, expected)
    out.square().sum().backward()
    expected.square().sum().backward()
    torch.testing.assert_close(weight.grad, spread.grad[:, :, ::3, ::3], rtol=1e-4, atol=1e-4)


def test_conv_orders_its_parts():
    def parts(order):
        options = {"channels": 4, "kernel": 2, "norm": "batch", "order": order}
        module = LAYERS.parse({"conv": options}).build((3, 6, 6))
        return [name for name, _ in module.named_children()], module.norm.num_features

    assert parts("conv-norm-act") == (["pad", "conv", "norm", "act"], 4)
    assert parts("norm-act-conv") == (["norm", "act", "pad", "conv"], 3)
    assert parts("conv-act-norm") == (["pad", "conv", "act", "norm"], 4)


@pytest.mark.parametrize(
    ("init", "std"),
    [
        ("kaiming_normal", (2 / (64 * 9)) ** 0.5),
        ("kaiming_uniform", (2 / (64 * 9)) ** 0.5),
        ("xavier_normal", (2 / (96 * 9)) ** 0.5),
        ("xavier_uniform", (2 / (96 * 9)) ** 0.5),
        ("orthogonal", (1 / (32 * 9)) ** 0.5),
        ("trunc_normal", 0.02),
    ],
)
def test_initialisations_have_their_spread(init, std):
    torch.manual_seed(0)
    layer = LAYERS.parse({"conv": {"channels": 64, "init": init}})
    conv = layer.build((32, 6, 6)).conv
    assert conv.weight.std().item() == pytest.approx(std, rel=0.03)
    assert not conv.bias.any()


def test_torchs_own_initialisation_is_kept_by_default():
    torch.manual_seed(1)
    conv = LAYERS.parse({"conv": {"channels": 4}}).build((3, 6, 6)).conv
    torch.manual_seed(1)
    assert torch.equal(conv.weight, nn.Conv2d(3, 4, 3, padding=1).weight)


def test_one_value_per_channel_stops_batch_norm_in_training_only():
    found = Architecture((3, 1, 1), (LAYERS.parse({"conv": {"channels": 4, "norm": "batch"}}),))
    module = build(found)
    with pytest.raises(ValueError, match="more than 1 value"):
        module(torch.zeros(1, 3, 1, 1))
    module(torch.zeros(2, 3, 1, 1))
    module.eval()(torch.zeros(1, 3, 1, 1))
