#!/usr/bin/env python3
"""Compares steps of the optimisers with torch.optim: weights and state.

usage: optim.py FILE      FILE as written by saddle-tests --dump optim FILE (see dump_optim.cpp)
"""
import json
import sys

import torch

from common import Comparison, load

TOLERANCE = 1e-6  # some roundings of f32


def main(path):
    tensors, metadata = load(path)
    comparison = Comparison()
    for number, run in enumerate(json.loads(metadata["runs"])):
        get = lambda name: tensors[f"{number}.{name}"]
        where = f"{run['optimizer']} {run['options']}"
        p = torch.nn.Parameter(get("before").clone())
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
    comparison.finish("optim")


if __name__ == "__main__":
    main(sys.argv[1])
