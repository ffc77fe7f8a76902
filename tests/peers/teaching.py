#!/usr/bin/env python3
"""Compares learning that is differentiated with PyTorch: a learner's loss on images after steps of SGD with momentum on
others, and the gradients of that loss by those images, the learner's first weights, learning rates and momenta.

usage: teaching.py FILE      FILE as written by saddle-tests --dump teaching FILE (see dump_teaching.cpp)
"""
import json
import sys

import torch
import torch.nn.functional as F

from common import Comparison, load
from dcgan import under

# Allowed disagreement, of a tensor relative to its largest element.
TOLERANCES = {torch.float32: 1e-4, torch.float64: 1e-9}


def norm(x, kind, weight, bias):
    if kind == "instance" and x.dim() == 4:
        return F.instance_norm(x, weight=weight, bias=bias)
    return F.group_norm(x, 1, weight, bias)


def logits(x, weights, kind):
    """The learner as gan/networks/gtn.h draws it; weights by their names."""
    own = list(weights.values())

    def take():
        return own.pop(0)

    def normalised(x):
        return F.leaky_relu(x if kind == "none" else norm(x, kind, take(), take()), 0.1)

    for _ in range(2):
        x = normalised(F.conv2d(x, take(), None if kind == "instance" else take(), stride=2, padding=1))
    x = normalised(F.linear(x.flatten(1), take(), take()))
    return F.linear(x, take(), take())


def loss_after_learning(given, start, kind):
    images, labels = start["images"], given["labels"]
    weights = under(start, "weights.")
    velocity = {name: 0 for name in weights}
    batch = len(images) // len(start["lr"])
    for t, (lr, momentum) in enumerate(zip(start["lr"], start["momentum"])):
        shown = slice(t * batch, (t + 1) * batch)
        loss = F.cross_entropy(logits(images[shown], weights, kind), labels[shown])
        gradients = torch.autograd.grad(loss, list(weights.values()), create_graph=True)
        for (name, w), g in zip(list(weights.items()), gradients):
            velocity[name] = momentum * velocity[name] + g
            weights[name] = w - lr * velocity[name]
    return F.cross_entropy(logits(given["real"], weights, kind), given["real_labels"])


def compare(comparison, case, given):
    start = {name: x.requires_grad_(True) for name, x in under(given, "from.").items()}
    loss = loss_after_learning(given, start, case["norm"])
    gradients = dict(zip(start, torch.autograd.grad(loss, list(start.values()))))
    for name, theirs in {"loss": loss, **gradients}.items():
        ours = given["loss"] if name == "loss" else given["grad." + name]
        scale = theirs.abs().max().clamp(min=1e-300)
        kind = ("loss" if name == "loss" else "gradients") + f" after learning in {str(loss.dtype)[6:]}"
        comparison.check(kind, f"{case['norm']} {name}", ours / scale, theirs / scale, TOLERANCES[loss.dtype])


def main(path):
    tensors, metadata = load(path)
    comparison = Comparison()
    for number, case in enumerate(json.loads(metadata["cases"])):
        compare(comparison, case, under(tensors, f"{number}."))
    comparison.finish("teaching")


if __name__ == "__main__":
    main(sys.argv[1])
