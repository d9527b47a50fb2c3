"""First candidates of a study: given by the user, found by earlier studies, or shipped."""

from autocnn.search.starts.first import KEY, LEFT_OUT, first_candidates, kept, recorded
from autocnn.search.starts.fit import Firsts, Start
from autocnn.search.starts.given import given

__all__ = ["KEY", "LEFT_OUT", "Firsts", "Start", "first_candidates", "given", "kept", "recorded"]
