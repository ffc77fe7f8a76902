#!/usr/bin/env python3
"""Compares steps of the optimisers with torch.optim: weights and state; and the moving average of weights.

usage: optim.py FILE      FILE as written by saddle-tests --dump optim FILE (see dump_optim.cpp)
"""
import json
import sys

import torch

from common import Comparison, load

TOLERANCE = 16 * torch.finfo(torch.float32).eps


def compare_average(comparison, run, get):
    average = get("before")
    for step in range(5):
        average = torch.lerp(average, get(f"x{step}"), run["weight"])
    comparison.check("moving average", "lerp", get("after"), average, TOLERANCE)


def compare_optimizer(comparison, run, get):
    where = f"{run['optimizer']} {run['options']}"
    p = torch.nn.Parameter(get("before"))
    optimizer = getattr(torch.optim, run["optimizer"])([p], **run["options"])
    for step in range(5):
        p.grad = get(f"gradient{step}")
        optimizer.step()
    comparison.check("weights", where, get("after"), p, TOLERANCE)
    for name, theirs in optimizer.state[p].items():
        if theirs is None:
            continue
        # PyTorch counts steps for those that need it, as an int or a tensor.
        theirs = torch.as_tensor(theirs)
        comparison.check(name, where, get(f"state.{name}.p"), theirs, TOLERANCE)


def main(path):
    tensors, metadata = load(path)
    comparison = Comparison()
    runs = json.loads(metadata["runs"])
    for number, run in enumerate(runs):
        get = lambda name: tensors[f"{number}.{name}"]
        (compare_optimizer if "optimizer" in run else compare_average)(comparison, run, get)
    for kernel in json.loads(metadata["kernels"]):
        if kernel not in [run["kernel"] for run in runs]:
            comparison.fail(f"{kernel}: dump_optim.cpp does not run it")
    comparison.finish("optim")


if __name__ == "__main__":
    main(sys.argv[1])
