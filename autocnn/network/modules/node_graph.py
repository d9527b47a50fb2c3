"""Nodes that take each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from autocnn.network.merge import Merge
from autocnn.network.modules.merging import merged


class NodeGraph(nn.Module):
    """Each node merges what it takes and passes it through its layers.

    `wires` has what each node takes, in an order that can be computed, the last one `output`.
    `nodes` has the layers of node `a` as `node_a`, `edges` those on its first way in as `a_0`,
    both only where there are any.
    """

    def __init__(
        self,
        wires: Mapping[str, Sequence[str]],
        merges: Mapping[str, Merge],
        nodes: Mapping[str, nn.Module],
        edges: Mapping[str, nn.Module],
    ):
        super().__init__()
        self.wires = wires
        self.merges = merges
        self.nodes = nn.ModuleDict(nodes)
        self.edges = nn.ModuleDict(edges)

    def forward(self, x: Tensor) -> Tensor:
        values = {"input": x}
        for name, sources in self.wires.items():
            taken = [values[source] for source in sources]
            for place, y in enumerate(taken):
                if f"{name}_{place}" in self.edges:
                    taken[place] = self.edges[f"{name}_{place}"](y)
            y = merged(self.merges[name], taken)
            values[name] = self.nodes[f"node_{name}"](y) if f"node_{name}" in self.nodes else y
        return values["output"]
