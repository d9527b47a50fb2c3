"""Properties of the split, over random labels and copies."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from autocnn.data.splits import hold_out

CLASSES = ("a", "b", "c")


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30)), min_size=1, max_size=80),
    share=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**32 - 1),
)
def test_shares_are_met_and_copies_stay_together(rows, share, seed):
    labels = np.array([label for label, _ in rows])
    same = np.array([40 * label + number for label, number in rows])
    chosen = hold_out(labels, same, CLASSES, share=share, seed=seed, part="test")
    again = hold_out(labels, same, CLASSES, share=share, seed=seed, part="test")
    assert np.array_equal(chosen, again)
    assert not set(same[chosen]) & set(same[~chosen])
    for label in range(3):
        members = labels == label
        total, distinct = int(members.sum()), len(set(same[members]))
        wanted = min(max(round(share * total), 1), total - 1)
        got = int(chosen[members].sum())
        least = min((int((same[members] == one).sum()) for one in same[members]), default=0)
        assert got <= max(wanted, least, 0)
        assert (got > 0) == (distinct > 1)
        if distinct == total:
            assert got == (wanted if total > 1 else 0)


def test_a_class_is_split_the_same_whatever_the_others_are():
    labels = np.repeat([0, 1], 50)
    both = hold_out(labels, np.arange(100), ("a", "b"), share=0.2, seed=3, part="test")
    alone = hold_out(labels[50:] - 1, np.arange(50), ("b",), share=0.2, seed=3, part="test")
    assert np.array_equal(both[50:], alone)
    assert not np.array_equal(both[:50], both[50:])
