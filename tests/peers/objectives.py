#!/usr/bin/env python3
"""Compares adversarial objectives with PyTorch: gradient penalties of whole critics and their gradients by all weights,
and WGAN-GP games, which PyTorch plays from the same weights with the same random numbers.

usage: objectives.py FILE      FILE as written by saddle-tests --dump objectives FILE (see dump_objectives.cpp)
"""
import json
import sys

import torch
from torch import nn

from common import Comparison, load
from dcgan import generator, under

# Allowed disagreement, of a tensor relative to its largest element.
PENALTIES = {torch.float32: 1e-4, torch.float64: 1e-9}
LOSSES = 1e-3

NORMS = {"none": lambda c: [], "instance": lambda c: [nn.InstanceNorm2d(c, affine=True)],
         "layer": lambda c: [nn.GroupNorm(1, c)]}


def critic(size, channels, ndf, norm):
    width = ndf
    layers = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]
    while width < ndf * size // 8:
        layers += [nn.Conv2d(width, 2 * width, 4, 2, 1, bias=norm == "none"), *NORMS[norm](2 * width), nn.LeakyReLU(0.2)]
        width *= 2
    return nn.Sequential(*layers, nn.Conv2d(width, 1, 4, 1, 0, bias=False), nn.Flatten(0))


def linear_critic(pixels):
    return nn.Sequential(nn.Flatten(), nn.Linear(pixels, 512), nn.LeakyReLU(0.2), nn.Linear(512, 256),
                         nn.LeakyReLU(0.2), nn.Linear(256, 1), nn.Flatten(0))


def penalty(network, points, name):
    points = points.clone().requires_grad_(True)
    g, = torch.autograd.grad(network(points).sum(), points, create_graph=True)
    slopes = g.flatten(1).norm(dim=1)
    return (slopes ** 2 / 2 if name in ("r1", "r2") else (slopes - 1) ** 2).mean()


def check_relative(comparison, kind, where, ours, theirs, tolerance):
    scale = theirs.abs().max().clamp(min=1e-300)
    comparison.check(kind, where, ours / scale, theirs / scale, tolerance)


def compare_penalty(comparison, case, tensors):
    points, state = tensors["points"], under(tensors, "state.")
    linear = case["norm"] == "linear"
    channels, size = points.shape[1:3]
    network = linear_critic(points[0].numel()) if linear else critic(size, channels, state["0.weight"].shape[0],
                                                                     case["norm"])
    network.to(points.dtype).load_state_dict(state, strict=True)
    value = penalty(network, points, case["penalty"])
    value.backward()
    kind = f"penalties in {str(points.dtype)[6:]}"
    where = f"{case['penalty']} of {case['norm']}"
    check_relative(comparison, kind, where, tensors["value"], value, PENALTIES[points.dtype])
    ours = under(tensors, "grad.")
    for key, p in network.named_parameters():
        # What the slope does not depend on has no gradient, or one of zeros.
        theirs = torch.zeros_like(p) if p.grad is None else p.grad
        mine = ours.get(key, torch.zeros_like(p))
        check_relative(comparison, f"gradients of {kind}", f"{where} {key}", mine, theirs, PENALTIES[points.dtype])


def minimise(adam, loss):
    adam.zero_grad()
    loss.backward()
    adam.step()


def step(g, d, adam_g, adam_d, batches):
    """One step of the game: its losses."""
    sums = {"loss_d": 0.0, "penalty": 0.0}
    for real, z, t in batches:
        fake = g(z)
        loss = d(fake.detach()).mean() - d(real).mean()
        cost = 10 * penalty(d, (fake + t * (real - fake)).detach(), "wgan-gp")
        minimise(adam_d, loss + cost)
        sums["loss_d"] += loss.item() / len(batches)
        sums["penalty"] += cost.item() / len(batches)
    loss = -d(fake).mean()
    minimise(adam_g, loss)
    return {**sums, "loss_g": loss.item()}


def compare_game(comparison, case, tensors):
    before = under(tensors, "before.")
    g = generator(case["size"], case["channels"], case["nz"], case["ngf"])
    d = critic(case["size"], case["channels"], case["ndf"], case["norm"])
    g.load_state_dict(under(before, "generator."), strict=True)
    d.load_state_dict(under(before, "discriminator."), strict=True)
    adam_g = torch.optim.Adam(g.parameters(), case["lr_g"], case["betas"])
    adam_d = torch.optim.Adam(d.parameters(), case["lr_d"], case["betas"])
    for i, losses in enumerate(case["losses"]):
        own = under(tensors, f"{i}.")
        batches = [[own[f"{what}{k}"] for what in ("real", "z", "t")] for k in range(case["n_critic"])]
        theirs = step(g, d, adam_g, adam_d, batches)
        for name, value in theirs.items():
            relative = torch.tensor(losses[name] / value, dtype=torch.float64)
            comparison.check(f"{name} of wgan-gp", f"{case['norm']} step {i + 1}", relative, torch.tensor(1.0), LOSSES)


def main(path):
    tensors, metadata = load(path)
    comparison = Comparison()
    for number, case in enumerate(json.loads(metadata["cases"])):
        compare = compare_penalty if case["kind"] == "penalty" else compare_game
        compare(comparison, case, under(tensors, f"{number}."))
    comparison.finish("objectives")


if __name__ == "__main__":
    main(sys.argv[1])
