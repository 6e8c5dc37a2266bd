"""The search for the only assignment of layers."""

from nnspec.weight_import.assignment import LayerGraph, LayerRelations, Search


def never(*_):
    return False


def found(wanted, upstream, precedes=never, feeds=never, adjacent=never, neighbours=None):
    """All assignments to a network whose layers have the signatures of `wanted`, sorted."""
    network = LayerGraph(upstream, neighbours or upstream)
    search = Search(wanted, sorted(wanted), network, LayerRelations(precedes, feeds, adjacent))
    return list(search.assignments())


CHAIN = [0b000, 0b001, 0b011]  # the second reads the first, the third both


def test_an_order_leaves_one_assignment_to_a_chain():
    assert found("aaa", CHAIN, lambda i, j: i < j) == [(0, 1, 2)]


def test_without_an_order_there_are_all():
    assert len(found("aaa", CHAIN)) == 6


def test_layers_side_by_side_are_not_told_apart_by_an_order():
    assert found("aa", [0, 0], lambda i, j: i < j) == [(0, 1), (1, 0)]


def test_what_feeds_is_upstream():
    fed = found("aaa", CHAIN, feeds=lambda i, j: (i, j) == (2, 1))
    assert all(one[2] < one[1] for one in fed)
    assert len(fed) == 3


def test_adjacent_layers_have_none_between_them():
    neighbours = [0b010, 0b101, 0b010]
    ends = {"adjacent": lambda i, j: j - i == 2, "neighbours": neighbours}
    assert found("aaa", CHAIN, lambda i, j: i < j, **ends) == []
    assert found("aab", CHAIN, **ends) == [(1, 0, 2)]


def test_an_order_that_contradicts_the_network_leaves_none():
    assert found("ab", [0b10, 0], lambda i, j: i < j) == []
