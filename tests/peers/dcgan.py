#!/usr/bin/env python3
"""Compares DCGAN with the same networks in PyTorch: a generator's state loads strictly and makes the same
images; a training step from the same weights, latents and images gives the same losses and weights.

usage: dcgan.py FILE      FILE as written by saddle-tests --dump dcgan FILE (see dump_dcgan.cpp)
"""
import json
import sys

import torch
import torch.nn.functional as F
from torch import nn

from common import Comparison, load

# Allowed disagreement. A first step of Adam moves weights by its lr, 2e-4.
IMAGES, LOSSES, WEIGHTS = 1e-5, 1e-5, 1e-5


def generator(size, channels, nz, ngf):
    width = ngf * size // 8
    layers = [nn.ConvTranspose2d(nz, width, 4, 1, 0, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    while width > ngf:
        layers += [nn.ConvTranspose2d(width, width // 2, 4, 2, 1, bias=False), nn.BatchNorm2d(width // 2), nn.ReLU()]
        width //= 2
    return nn.Sequential(*layers, nn.ConvTranspose2d(ngf, channels, 4, 2, 1, bias=False), nn.Tanh())


def discriminator(size, channels, ndf):
    width = ndf
    layers = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]
    while width < ndf * size // 8:
        layers += [nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * width), nn.LeakyReLU(0.2)]
        width *= 2
    return nn.Sequential(*layers, nn.Conv2d(width, 1, 4, 1, 0, bias=False), nn.Flatten(0))


class Part:
    """A network and its Adam, in the state that Saddle gives for `<name>.` and `optimizer_<letter>.`."""

    def __init__(self, network, name, state, case):
        self.network, self.name, self.letter = network, name, name[0]
        network.load_state_dict(under(state, f"{name}."), strict=True)
        self.adam = torch.optim.Adam(network.parameters(), case[f"lr_{self.letter}"], case["betas"])
        moments = under(state, f"optimizer_{self.letter}.")
        for key, p in network.named_parameters():
            if moments[f"step.{key}"] > 0:
                self.adam.state[p] = {"step": moments[f"step.{key}"].float(),
                                      "exp_avg": moments[f"exp_avg.{key}"].clone(),
                                      "exp_avg_sq": moments[f"exp_avg_sq.{key}"].clone()}

    def minimise(self, loss):
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()
        return loss.item()

    def check(self, comparison, where, state):
        ours = under(state, f"{self.name}.")
        for key, theirs in self.network.state_dict().items():
            comparison.check("weights after a step", f"{where} {self.name}.{key}", ours[key], theirs, WEIGHTS)
        moments = under(state, f"optimizer_{self.letter}.")
        for key, p in self.network.named_parameters():
            for name, theirs in self.adam.state[p].items():
                comparison.check("Adam's state", f"{where} {name}.{key}", moments[f"{name}.{key}"],
                                 torch.as_tensor(theirs), WEIGHTS)


def under(tensors, prefix):
    return {name[len(prefix):]: t for name, t in tensors.items() if name.startswith(prefix)}


def step(g, d, reals, latents, case):
    """One step of the game: its losses and scores."""
    sums = {"loss_d": 0.0, "d_real": 0.0, "d_fake": 0.0}
    for real, z in zip(reals, latents):
        fake = g.network(z)
        real_out, fake_out = d.network(real), d.network(fake.detach())
        target = torch.full_like(real_out, 1 - case["label_smoothing"])
        loss = (F.binary_cross_entropy_with_logits(real_out, target)
                + F.binary_cross_entropy_with_logits(fake_out, torch.zeros_like(fake_out)))
        sums["loss_d"] += d.minimise(loss)
        sums["d_real"] += torch.sigmoid(real_out).mean().item()
        sums["d_fake"] += torch.sigmoid(fake_out).mean().item()
    losses = {name: value / len(reals) for name, value in sums.items()}
    out = d.network(fake)
    losses["loss_g"] = g.minimise(F.binary_cross_entropy_with_logits(out, torch.ones_like(out)))
    return losses


def compare_step(comparison, where, case, tensors, losses):
    before, after = under(tensors, "before."), under(tensors, "after.")
    g = Part(generator(case["size"], case["channels"], case["nz"], case["ngf"]), "generator", before, case)
    d = Part(discriminator(case["size"], case["channels"], case["ndf"]), "discriminator", before, case)
    batches = range(case["n_critic"])
    theirs = step(g, d, [tensors[f"real{i}"] for i in batches], [tensors[f"z{i}"] for i in batches], case)
    for name, value in losses.items():
        relative = torch.tensor(value / theirs[name], dtype=torch.float64)
        comparison.check(name, where, relative, torch.tensor(1.0), LOSSES)
    g.check(comparison, where, after)
    d.check(comparison, where, after)


def compare_images(comparison, where, network, state, z, images):
    network.load_state_dict(state, strict=True)
    network.eval()
    with torch.no_grad():
        theirs = network(z)
    comparison.check("images", where, images, theirs, IMAGES)
    if theirs.std() < 1000 * IMAGES:
        comparison.fail(f"{where}: images with a deviation of {theirs.std():.2g} show little")


def main(path):
    tensors, metadata = load(path)
    comparison = Comparison()
    for number, case in enumerate(json.loads(metadata["cases"])):
        own = under(tensors, f"{number}.")
        where = f"dcgan {case['size']}x{case['size']}x{case['channels']}"
        for i, losses in enumerate(case["losses"]):
            compare_step(comparison, f"{where} step {i + 1}", case, under(own, f"{i}."), losses)
        network = generator(case["size"], case["channels"], case["nz"], case["ngf"])
        compare_images(comparison, where, network, under(own, "generator."), own["z"], own["images"])
    comparison.finish("dcgan")


if __name__ == "__main__":
    main(sys.argv[1])
