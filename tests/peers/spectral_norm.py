#!/usr/bin/env python3
"""Compares spectral normalisation with PyTorch's: states load strictly, and forwards in training from the same weights
give the same vectors, losses and gradients, those of gradients included.

usage: spectral_norm.py FILE      FILE as written by saddle-tests --dump spectral_norm FILE (see dump_spectral_norm.cpp)
"""
import json
import sys

import torch
from torch import nn
from torch.nn.utils import spectral_norm

from common import Comparison, load
from dcgan import under
from objectives import check_relative, critic

# Allowed disagreement, of a tensor relative to its largest element.
TOLERANCE = {"f32": 1e-4, "f64": 1e-9}
FORWARDS = 3

MAKERS = {
    "linear": lambda: nn.Linear(7, 5),
    "conv2d": lambda: nn.Conv2d(4, 6, 3, padding=1, groups=2),
    "conv_transpose2d": lambda: nn.ConvTranspose2d(3, 5, 4, 2, 1),
    "embedding": lambda: nn.Embedding(6, 3),
    "critic": lambda: critic(16, 2, 6, "none"),
}


def normalised(network):
    for module in list(network.modules()):
        if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d, nn.Embedding)):
            spectral_norm(module)
    return network


def compare(comparison, name, tensors):
    before = under(tensors, "before.")
    dtype = next(iter(before.values())).dtype
    which = "f64" if dtype == torch.float64 else "f32"
    tolerance = TOLERANCE[which]
    network = normalised(MAKERS[name]()).to(dtype)
    network.load_state_dict(before, strict=True)
    floats = tensors["x"].is_floating_point()
    loss = 0
    for i in range(1, FORWARDS + 1):
        x = (tensors["x"] * i).requires_grad_(True) if floats else tensors["x"]
        one = network(x).square().sum()
        if floats:
            one = one + torch.autograd.grad(one, x, create_graph=True)[0].square().sum()
        loss = loss + one
    loss.backward()

    def check(kind, ours, theirs):
        check_relative(comparison, f"{kind} in {which}", f"{name}: {kind}", ours, theirs.detach(), tolerance)

    check("loss", tensors["loss"], loss)
    ours = under(tensors, "grad.")
    for key, parameter in network.named_parameters():
        check(f"gradient of {key.split('.')[-1]}", ours[key], parameter.grad)
    ours = under(tensors, "after.")
    for key, tensor in network.state_dict().items():
        check("state", ours[key], tensor)
    network.eval()
    check("evaluation", tensors["y"], network(tensors["x"]))


def main(path):
    tensors, metadata = load(path)
    comparison = Comparison()
    for number, name in enumerate(json.loads(metadata["cases"])):
        compare(comparison, name, under(tensors, f"{number}."))
    comparison.finish("spectral_norm")


if __name__ == "__main__":
    main(sys.argv[1])
