"""Nodes that take each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import nn

from autocnn.network.merge import Join
from autocnn.network.modules.merging import Maps, joined


class NodeGraph(nn.Module):
    """Each node merges what it takes and passes it through its layers.

    `wires` has what each node takes, in an order that can be computed, the last one `output`.
    `nodes` has the layers of node `a` as `node_a`, `edges` those on its first way in as `a_0`,
    both only where there are any. Several maps come as a tuple, one for each of `inputs`; a
    single map is each of them.
    """

    def __init__(
        self,
        wires: Mapping[str, Sequence[str]],
        merges: Mapping[str, Join],
        nodes: Mapping[str, nn.Module],
        edges: Mapping[str, nn.Module],
        inputs: Sequence[str] = ("input",),
    ):
        super().__init__()
        self.wires = wires
        self.merges = merges
        self.inputs = tuple(inputs)
        self.nodes = nn.ModuleDict(nodes)
        self.edges = nn.ModuleDict(edges)

    def forward(self, x: Maps) -> Maps:
        given = x if isinstance(x, tuple) else (x,) * len(self.inputs)
        values: dict[str, Maps] = dict(zip(self.inputs, given, strict=True))
        for name, sources in self.wires.items():
            taken = [values[source] for source in sources]
            for place, y in enumerate(taken):
                if f"{name}_{place}" in self.edges:
                    taken[place] = self.edges[f"{name}_{place}"](y)
            y = joined(self.merges[name], taken)
            values[name] = self.nodes[f"node_{name}"](y) if f"node_{name}" in self.nodes else y
        return values["output"]
