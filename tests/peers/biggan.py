#!/usr/bin/env python3
"""Compares BigGAN's networks with the same ones in PyTorch: states load strictly, and a forward in training from the
same weights gives the same outputs, states, and gradients by inputs and weights, for the discriminator those of
gradients included. So does orthogonal regularisation.

usage: biggan.py FILE      FILE as written by saddle-tests --dump biggan FILE (see dump_biggan.cpp)
"""
import json
import sys

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import spectral_norm

from common import Comparison, load
from dcgan import under
from objectives import check_relative

# Allowed disagreement, of a tensor relative to its largest element, of a bias's gradient to that of its layer: where batch
# norm follows, nothing depends on the bias, and all there is are errors of rounding.
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-9}

# By size, in multiples of ch: channels after the generator's linear layer and after each of its blocks; after each of
# the discriminator's, of which the first so many halve the image.
WIDTHS = {32: ([4, 4, 4, 4], [4, 4, 4, 4], 2),
          64: ([16, 16, 8, 4, 2], [1, 2, 4, 8, 16], 4),
          128: ([16, 16, 8, 4, 2, 1], [1, 2, 4, 8, 16, 16], 5)}


def conv(cin, cout, kernel, bias=True):
    return spectral_norm(nn.Conv2d(cin, cout, kernel, padding=kernel // 2, bias=bias))


def linear(cin, cout, bias=True):
    return spectral_norm(nn.Linear(cin, cout, bias))


class Norm(nn.Module):
    """Batch norm whose scale, about 1, and shift come from a condition."""

    def __init__(self, c, length):
        super().__init__()
        self.norm = nn.BatchNorm2d(c, affine=False)
        self.gain, self.bias = linear(length, c, False), linear(length, c, False)

    def forward(self, x, given):
        at = lambda v: v[:, :, None, None]
        return self.norm(x) * (1 + at(self.gain(given))) + at(self.bias(given))


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(()))
        few, half = max(c // 8, 1), max(c // 2, 1)
        self.theta, self.phi, self.g = conv(c, few, 1, False), conv(c, few, 1, False), conv(c, half, 1, False)
        self.o = conv(half, c, 1, False)

    def forward(self, x):
        n, _, h, w = x.shape
        theta = self.theta(x).flatten(2)
        phi, g = (F.max_pool2d(layer(x), 2).flatten(2) for layer in (self.phi, self.g))
        beta = torch.einsum("ncp,ncq->npq", theta, phi).softmax(-1)
        return x + self.gamma * self.o(torch.einsum("npq,ncq->ncp", beta, g).reshape(n, -1, h, w))


class Up(nn.Module):
    """A residual block that doubles the image, resized before its shortcut's convolution."""

    def __init__(self, cin, cout, length):
        super().__init__()
        self.b = nn.ModuleDict({"0": Norm(cin, length), "3": conv(cin, cout, 3), "4": Norm(cout, length),
                                "6": conv(cout, cout, 3)})
        self.shortcut = nn.ModuleDict({"0": conv(cin, cout, 1)})

    def forward(self, x, given):
        double = lambda y: F.interpolate(y, scale_factor=2)
        h = self.b["3"](double(F.relu(self.b["0"](x, given))))
        return self.b["6"](F.relu(self.b["4"](h, given))) + self.shortcut["0"](double(x))


class Down(nn.Module):
    """A residual block of the discriminator; the first is given images, which are not activated."""

    def __init__(self, cin, cout, halves, of_images):
        super().__init__()
        self.halves, self.of_images = halves, of_images
        first, second = ("0", "2") if of_images else ("1", "3")
        self.b = nn.ModuleDict({first: conv(cin, cout, 3), second: conv(cout, cout, 3)})
        if halves or cin != cout:
            self.shortcut = nn.ModuleDict({"1" if halves else "0": conv(cin, cout, 1)})

    def forward(self, x):
        half = lambda y: F.avg_pool2d(y, 2) if self.halves else y
        first, second = self.b.values()
        h = second(F.relu(first(x if self.of_images else F.relu(x))))
        for layer in getattr(self, "shortcut", {}).values():
            x = layer(half(x))
        return half(h) + x


class Generator(nn.Module):
    def __init__(self, size, channels, classes, ch, nz, length):
        super().__init__()
        widths = [ch * times for times in WIDTHS[size][0]]
        blocks = len(widths) - 1
        self.chunk, self.bottom = nz // (blocks + 1), size >> blocks
        self.shared = nn.Embedding(classes, length)
        self.linear = linear(nz - blocks * self.chunk + length, widths[0] * self.bottom ** 2)
        self.blocks = nn.ModuleList([Up(a, b, self.chunk + length) for a, b in zip(widths, widths[1:])])
        self.blocks[-2] = nn.ModuleList([self.blocks[-2], Attention(widths[-2])])
        self.output = nn.Sequential(nn.BatchNorm2d(widths[-1]), nn.ReLU(), conv(widths[-1], channels, 3), nn.Tanh())

    def forward(self, z, labels):
        vector, at = self.shared(labels), z.shape[1] - len(self.blocks) * self.chunk
        first, *chunks = z.split([at] + [self.chunk] * len(self.blocks), 1)
        x = self.linear(torch.cat([first, vector], 1)).reshape(len(z), -1, self.bottom, self.bottom)
        for block, chunk in zip(self.blocks, chunks):
            given = torch.cat([chunk, vector], 1)
            x = block[1](block[0](x, given)) if isinstance(block, nn.ModuleList) else block(x, given)
        return self.output(x)


class Discriminator(nn.Module):
    def __init__(self, size, channels, classes, ch):
        super().__init__()
        widths, halvings = [channels] + [ch * times for times in WIDTHS[size][1]], WIDTHS[size][2]
        blocks = [Down(a, b, i < halvings, i == 0) for i, (a, b) in enumerate(zip(widths, widths[1:]))]
        self.phi = nn.Sequential(nn.Sequential(blocks[0], Attention(widths[1])), *blocks[1:])
        self.psi = nn.Sequential(linear(widths[-1], 1))
        self.embed = spectral_norm(nn.Embedding(classes, widths[-1]))

    def forward(self, x, labels):
        features = F.relu(self.phi(x)).sum((2, 3))
        return self.psi(features)[:, 0] + (self.embed(labels) * features).sum(1)


def orthogonal(network):
    """Equation 3 of the paper, over all layers but embeddings."""
    total = 0
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            w = module.weight_orig.flatten(1)
            total = total + ((w @ w.T) * (1 - torch.eye(len(w), dtype=w.dtype))).square().sum()
    return total


def compare(comparison, case, tensors):
    network = {"Generator": Generator, "Discriminator": Discriminator}[case["name"]](**case["options"])
    x = tensors["x"].requires_grad_(True)
    network.to(x.dtype).load_state_dict(under(tensors, "before."), strict=True)
    where = f"{case['name']} at {case['options']['size']}"

    def check(kind, key, ours, theirs):
        # A single filter resembles no other: zeros, to which nothing is relative.
        held = comparison.check if not theirs.any() else lambda *what: check_relative(comparison, *what)
        held(f"{kind} in {str(x.dtype)[6:]}", f"{where} {key}", ours, theirs.detach(), TOLERANCE[x.dtype])

    def check_gradients(kind, ours):
        # What a penalty does not depend on has no gradient, or one of zeros.
        theirs = {key: torch.zeros_like(p) if p.grad is None else p.grad for key, p in network.named_parameters()}
        for key, gradient in theirs.items():
            mine, layer = ours.get(key, torch.zeros_like(gradient)), theirs.get(key[:-4] + "weight_orig")
            if key.endswith(".bias") and layer is not None:
                mine, gradient = (torch.cat([g.flatten(), layer.flatten()]) for g in (mine, gradient))
            check(kind, key, mine, gradient)

    y = network(x, tensors["labels"])
    loss = (y * tensors["weights"]).sum()
    if case["name"] == "Discriminator":
        loss = loss + torch.autograd.grad(loss, x, create_graph=True)[0].square().sum()
    loss.backward()
    check("outputs", "", tensors["y"], y)
    check("loss", "", tensors["loss"], loss)
    check("gradients by inputs", "", tensors["grad_x"], x.grad)
    check_gradients("gradients by weights", under(tensors, "grad."))
    after = under(tensors, "after.")
    for key, tensor in network.state_dict().items():
        check("state", key, after[key], tensor)

    network.zero_grad()
    penalty = orthogonal(network)
    penalty.backward()
    check("orthogonal regularisation", "", tensors["orthogonal"], penalty)
    check_gradients("gradients of orthogonal regularisation", under(tensors, "orthogonal_grad."))


def main(path):
    tensors, metadata = load(path)
    comparison = Comparison()
    for number, case in enumerate(json.loads(metadata["cases"])):
        compare(comparison, case, under(tensors, f"{number}."))
    comparison.finish("biggan")


if __name__ == "__main__":
    main(sys.argv[1])
