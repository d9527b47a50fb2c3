"""The search: proposes candidates, trains them on workers, stops them, and runs the finals.

Only what the language needs is imported here; `autocnn.search.run` is the search itself.
"""

from autocnn.search.constraints import Constraints
from autocnn.search.objectives import Objectives
from autocnn.search.settings import Budget, SearchOptions
from autocnn.search.stopping import STOPPING
from autocnn.search.strategies import STRATEGIES

__all__ = ["STOPPING", "STRATEGIES", "Budget", "Constraints", "Objectives", "SearchOptions"]
