#!/usr/bin/env python3
"""Compares every op with PyTorch: value, gradients, gradients of gradients. Each op of the table needs its
formula in formulas.py.

usage: ops.py FILE      FILE as written by saddle-tests --dump ops FILE (see dump_ops.cpp)
"""
import json
import math
import sys

import torch

from common import Comparison, load
from formulas import DISTRIBUTIONS, FORMULAS, FORMULAS_GIVEN_OUTPUT

TOLERANCE = 1e-12  # in f64, relative above 1


def sum_of_gradients(outputs, inputs, seeds):
    """The gradients of sum <seed, output> by the inputs, zeros where there is no dependence; recorded."""
    pairs = [(y, seed) for y, seed in zip(outputs, seeds) if y.requires_grad]
    if not pairs:
        return [torch.zeros_like(x) for x in inputs]
    found = torch.autograd.grad([y for y, _ in pairs], inputs, [seed for _, seed in pairs], create_graph=True,
                                allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for g, x in zip(found, inputs)]


def compare_distribution(comparison, where, numbers, distribution):
    """Mean and variance, within five of their own standard deviations."""
    n = numbers.numel()
    if n < 1000:
        return
    mean, variance = distribution.mean.item(), distribution.variance.item()
    squares = (numbers - mean) ** 2
    comparison.check("mean of random numbers", where, numbers.mean(), distribution.mean, 5 * math.sqrt(variance / n))
    comparison.check("variance of random numbers", where, squares.mean(), distribution.variance,
                     5 * squares.std().item() / math.sqrt(n))


def compare(comparison, where, sample, formula, get):
    """formula(y, *inputs); get(name): the tensor of that name of this sample, or None."""
    inputs = [get(f"x{i}") for i in range(sample["inputs"])]
    # What f32 computes of rounded inputs, against the same in f64.
    rounded = [x.float().double() if x.dtype == torch.float64 else x for x in inputs]
    allowed = max(TOLERANCE, sample["tolerance"] * torch.finfo(torch.float32).eps)
    comparison.check("f32 value", where, get("y32"), formula(get("y32"), *rounded), allowed)

    wanted = [inputs[i].requires_grad_() for i in sample["differentiable"]]
    y = formula(get("y"), *inputs)
    comparison.check("value", where, get("y"), y, TOLERANCE)
    if not sample["gradient"]:
        return
    names = sample["differentiable"]
    gy = get("gy")
    if gy is None:  # no gradient flows
        if y.requires_grad:
            comparison.fail(f"{where}: no gradient, where PyTorch has one")
        return
    gy.requires_grad_()

    def check(kind, name, theirs):
        ours = get(name)
        comparison.check(kind, where, torch.zeros_like(theirs) if ours is None else ours, theirs, TOLERANCE)

    first = sum_of_gradients([y], wanted, [gy])
    for i, g in zip(names, first):
        check("gradient", f"g{i}", g)
    second = sum_of_gradients(first, wanted + [gy], [get(f"v{i}") for i in names])
    for i, h in zip(names, second):
        check("gradient of gradient", f"h{i}", h)
    check("gradient of gradient", "hy", second[-1])


def main(path):
    tensors, metadata = load(path)
    comparison = Comparison()
    unused = {*DISTRIBUTIONS, *FORMULAS_GIVEN_OUTPUT, *FORMULAS}
    for number, sample in enumerate(json.loads(metadata["samples"])):
        op, options = sample["op"], sample["options"] or {}
        get = lambda name: tensors.get(f"{number}.{name}")
        unused.discard(op)
        if op in DISTRIBUTIONS:
            compare_distribution(comparison, op, get("y"), DISTRIBUTIONS[op](**options))
            continue
        if op in FORMULAS_GIVEN_OUTPUT:
            formula = lambda y, *x: FORMULAS_GIVEN_OUTPUT[op](y, *x, **options)
        elif op in FORMULAS:
            formula = lambda y, *x: FORMULAS[op](*x, **options)
        else:
            comparison.fail(f"{op}: has no formula in formulas.py")
            continue
        where = f"{op} [{sample['sample']}]"
        try:
            compare(comparison, where, sample, formula, get)
        except Exception as error:
            comparison.fail(f"{where}: {type(error).__name__}: {error}")
    for op in sorted(unused):
        comparison.fail(f"{op}: has a formula but no record")
    comparison.finish("ops")


if __name__ == "__main__":
    main(sys.argv[1])
