"""Loss surfaces and descents, against the closed form of a parabola."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.analysis.loss_surface.coordinates import Coordinate, parse_coordinates
from nnspec.analysis.loss_surface.minimum import find_minimum, hessian
from nnspec.analysis.loss_surface.objective import Objective
from nnspec.analysis.loss_surface.surface import SurfaceOptions, compute_surface
from nnspec.compute import ComputeConfig
from nnspec.errors import NnspecError
from nnspec.graph.ir import Graph
from nnspec.spec.loader import build
from nnspec.training.session import TrainingSession
from tests.small_runs import rows

X, Y = [[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.0]  # y = 2 x + 1
DOUBLE = ComputeConfig(precision="float64")
LINE = {"kernel_initializer": {"constant": -1}}


def session(layers=None, compute=DOUBLE, **changes):
    network = {"layers": layers or [{"dense": {"units": 1, **LINE}}]}
    values = rows({"inputs": X, "targets": Y}, network=network, loss="half_squared_error")
    return TrainingSession.prepare(build(values | changes), compute)


def slope_only(compute=DOUBLE, **changes):
    return session([{"dense": {"units": 1, "use_bias": False, **LINE}}], compute, **changes)


def surface_of(prepared, **options):
    return compute_surface(
        prepared,
        parse_coordinates(prepared.graph, []),
        SurfaceOptions(**options),
        lambda done, of: None,
    )


# The mean of 1/2 (y - w x)^2 is 1/2 * 3.5 (w - w*)^2 + 0.178..., with w* = 34 / 14.
CURVATURE, BEST = 3.5, 34 / 14


def test_the_lowest_point_and_the_curvature_of_a_parabola():
    minimum = surface_of(slope_only()).minimum
    assert minimum.point == pytest.approx([BEST])
    assert minimum.curvature == pytest.approx(CURVATURE)
    assert minimum.reach == pytest.approx([BEST + 1])
    assert minimum.rates == pytest.approx(
        [0.1 / CURVATURE, 1 / CURVATURE, 2.2 / CURVATURE], rel=1e-2
    )


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.5, 0.56])
def test_each_update_shrinks_the_distance_by_1_minus_rate_times_curvature(rate):
    (descent,) = surface_of(slope_only(), rates=(rate,), updates=20).descents
    expected = BEST + (-1 - BEST) * (1 - rate * CURVATURE) ** np.arange(21)
    assert descent.points[:, 0] == pytest.approx(expected)
    left = CURVATURE / 2 * (descent.points[:, 0] - BEST) ** 2
    assert descent.losses - descent.losses[-1] == pytest.approx(left - left[-1])


def test_the_grid_is_the_loss():
    found = surface_of(slope_only(), points=9)
    (w,) = found.axes
    expected = [np.mean([(y - v * x[0]) ** 2 / 2 for x, y in zip(X, Y, strict=True)]) for v in w]
    assert found.losses == pytest.approx(expected)
    assert (w[0] < -1 < w[-1], w[0] < BEST < w[-1]) == (True, True)


def test_two_weights():
    found = surface_of(session(), points=5)
    assert found.weights == ("dense/kernel[0,0]", "dense/bias[0]")
    assert found.minimum.point == pytest.approx([2, 1])
    x = np.array(X)[:, 0]
    moments = np.array([[np.mean(x**2), np.mean(x)], [np.mean(x), 1]])
    assert found.minimum.curvature == pytest.approx(np.linalg.eigvalsh(moments)[-1])
    slope, bias = found.axes
    assert found.losses.shape == (5, 5)
    assert found.losses[1, 3] == pytest.approx(
        np.mean((np.array(Y) - slope[1] * x - bias[3]) ** 2) / 2
    )


@pytest.mark.parametrize(
    ("rate", "updates", "end"),
    [
        (1 / CURVATURE, 5, "converges"),
        (0.05, 100, "converges"),
        (0.05, 5, "slow"),
        (1.95 / CURVATURE, 20, "oscillates"),
        (2.2 / CURVATURE, 100, "diverges"),
        (2.2 / CURVATURE, 3, "diverges"),
        (1e300, 100, "diverges"),
    ],
)
def test_how_a_descent_ends(rate, updates, end):
    (descent,) = surface_of(slope_only(), rates=(rate,), updates=updates).descents
    assert descent.end == end
    assert np.isfinite(descent.losses).all()
    assert descent.distance == pytest.approx(abs(descent.points[-1, 0] - BEST), abs=1e-6)
    if end != "diverges":
        assert len(descent.points) == updates + 1


def test_converged_means_that_a_hundredth_of_the_distance_is_left():
    (descent,) = surface_of(slope_only(), rates=(0.1,)).descents
    assert descent.updates == int(np.ceil(np.log(0.01) / np.log(1 - 0.1 * CURVATURE)))


def test_a_descent_stays_where_the_gradient_is_0():
    """Zero weights before relu: no weight gets a gradient."""
    layers = [
        {"dense": {"units": 1, "kernel_initializer": "zeros", "use_bias": False, **more}}
        for more in ({"activation": "relu"}, {})
    ]
    found = surface_of(session(layers))
    for descent in found.descents:
        assert (descent.end, descent.updates, descent.distance) == ("converges", 0, 0)
    assert found.deeper is not None  # both weights positive


def test_a_flat_loss_has_no_curvature_that_would_choose_rates():
    layers = [{"dense": {"units": 1, "activation": "heaviside"}}]
    found = surface_of(session(layers), points=3)
    assert found.minimum.curvature == 0
    assert [descent.rate for descent in found.descents] == [0.01, 0.1, 1.0]
    assert np.isfinite(found.losses).all()


def test_a_descent_may_end_in_another_minimum():
    """Wherever the product of the two weights is 1 the loss is least."""
    layers = [
        {"dense": {"units": 1, "use_bias": False, "kernel_initializer": {"constant": k}}}
        for k in (0.1, 2.5)
    ]
    source = {"inputs": [[1.0]], "targets": [1.0]}
    prepared = session(layers, data={"source": {"rows": source}})
    found = surface_of(prepared, rates=(0.2,))
    assert found.minimum.loss == pytest.approx(0, abs=1e-6)
    assert np.prod(found.descents[0].points[-1]) == pytest.approx(1)
    assert found.descents[0].end == "converges"


def test_batches_are_those_of_the_training():
    (one,) = surface_of(slope_only(), rates=(0.1,), updates=8, batch_size=1).descents
    (again,) = surface_of(slope_only(), rates=(0.1,), updates=8, batch_size=1).descents
    assert (one.points == again.points).all()
    w, seen = -1.0, []
    for after in one.points[1:, 0]:  # each update is that of one row
        steps = [w - 0.1 * x[0] * (w * x[0] - y) for x, y in zip(X, Y, strict=True)]
        nearest = int(np.argmin(np.abs(np.array(steps) - after)))
        assert steps[nearest] == pytest.approx(after)
        w = after
        seen.append(nearest)
    assert sorted(seen[:4]) == sorted(seen[4:]) == [0, 1, 2, 3]


def test_many_rows_make_one_gradient():
    """600 rows are more than one evaluation batch."""
    rng = np.random.Generator(np.random.Philox(1))
    x, y = rng.normal(size=(600, 1)), rng.normal(size=600)
    source = {"rows": {"inputs": x.tolist(), "targets": y.tolist()}}
    prepared = slope_only(data={"source": source})
    objective = Objective(prepared, parse_coordinates(prepared.graph, []))
    expected = np.mean((0.5 * x[:, 0] - y) * x[:, 0])
    assert objective.gradient(np.array([0.5])) == pytest.approx([expected])
    assert hessian(objective, np.array([0.5]))[0, 0] == pytest.approx(np.mean(x**2))


@pytest.mark.parametrize("backend", ["numpy:reference", "torch", "keras"])
def test_every_backend_finds_the_same(backend):
    if not backend.startswith("numpy"):
        pytest.importorskip(backend)
    expected = surface_of(session(), points=3, updates=10)
    found = surface_of(session(compute=ComputeConfig(backend, "float64")), points=3, updates=10)
    assert found.minimum.point == pytest.approx(expected.minimum.point)
    assert found.losses == pytest.approx(expected.losses, abs=1e-9)
    for one, other in zip(found.descents, expected.descents, strict=True):
        assert one.rate == other.rate
        assert one.points == pytest.approx(other.points)


def test_float32_finds_the_same_rates():
    assert (
        surface_of(slope_only(ComputeConfig())).minimum.rates
        == surface_of(slope_only()).minimum.rates
    )


def test_a_start_that_overflows():
    layers = [{"dense": {"units": 1, "kernel_initializer": {"constant": 1e30}}}]
    with pytest.raises(NnspecError, match="not finite where training starts"):
        surface_of(session(layers, ComputeConfig()))


def test_the_search_ends_without_a_minimum():
    """A cross-entropy of classes that can be told apart is lowest at infinity."""
    prepared = slope_only(
        data={"source": {"rows": {"inputs": [[-1.0], [1.0]], "targets": [0, 1]}}},
        network={"layers": [{"dense": {"units": 1, "use_bias": False, "activation": "sigmoid"}}]},
        loss="binary_crossentropy",
    )
    minimum = find_minimum(Objective(prepared, parse_coordinates(prepared.graph, [])))
    assert np.isfinite(minimum.point).all()
    assert 0 < minimum.loss < 0.01


# ---------------------------------------------------------------- names


def graph(**dense) -> Graph:
    return session([{"dense": {"units": 1, **dense}}]).graph


def test_a_number_is_chosen_by_its_index():
    both = parse_coordinates(graph(), ["dense/bias[0]", " dense/kernel[ 0 , 0 ]"])
    assert both == (Coordinate("dense/bias", (0,)), Coordinate("dense/kernel", (0, 0)))
    assert [str(one) for one in both] == ["dense/bias[0]", "dense/kernel[0,0]"]
    with pytest.raises(NnspecError, match=r"dense/bias\[0\] is named twice"):
        parse_coordinates(graph(), ["dense/bias", "dense/bias[0]"])


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (["dense/kernal"], "did you mean 'dense/kernel'"),
        (["kernel[0]"], "no trained weight 'kernel'"),
        (["dense/kernel[0]"], r"dense/kernel has the shape \(1, 1\)"),
        (["dense/kernel[0,1]"], "indices count from 0"),
        (["dense/kernel[-1,0]"], "no trained weight"),
        (["dense/kernel[0,0"], "no trained weight"),
        ([""], "no trained weight"),
    ],
)
def test_a_number_that_is_not_there(written, message):
    with pytest.raises(NnspecError, match=message):
        parse_coordinates(graph(), written)


def test_too_many_numbers():
    wide = session([{"dense": 2}, {"dense": 1}]).graph
    with pytest.raises(NnspecError, match="the network has 7 trained numbers") as caught:
        parse_coordinates(wide, [])
    assert "--weights 'dense/kernel[0,0]'" in str(caught.value)
    assert len(parse_coordinates(wide, ["dense/kernel"])) == 2
