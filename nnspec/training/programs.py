"""Programs for the training of a spec: with its optimizer, and with their initial weights."""

from __future__ import annotations

from nnspec.backends import discovery
from nnspec.backends.contract import Program, TrainingSetup
from nnspec.components.optimizers.least_squares import LeastSquares
from nnspec.compute import ComputeConfig
from nnspec.graph.ir import Graph
from nnspec.randomness.initial_weights import initial_weights
from nnspec.spec.document import Spec
from nnspec.training.least_squares.program import LeastSquaresProgram


def training_program(
    spec: Spec, graph: Graph, setup: TrainingSetup, compute: ComputeConfig
) -> Program:
    """The program of a backend, or the closed form over it, before its weights are drawn."""
    program = discovery.build_program(graph, setup, compute)
    if isinstance(spec.optimizer, LeastSquares):
        return LeastSquaresProgram(program, graph, setup, compute.precision)
    return program


def initial_program(
    spec: Spec, graph: Graph, setup: TrainingSetup, compute: ComputeConfig
) -> Program:
    """A program with the weights with which every training of the spec starts."""
    program = training_program(spec, graph, setup, compute)
    program.set_weights(initial_weights(graph, spec.train.seed))
    return program
