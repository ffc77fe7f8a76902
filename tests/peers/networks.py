#!/usr/bin/env python3
"""Compares networks with the same ones in PyTorch: their states load strictly, and the same image or latent gives the
same output.

usage: networks.py FILE      FILE as written by saddle-tests --dump networks FILE (see dump_networks.cpp)
"""
import json
import sys

import torch
from torch import nn
from torch.nn.utils import spectral_norm

from common import Comparison, load

TOLERANCE = 1e-5
NORMS = {"none": lambda c: [], "batch": lambda c: [nn.BatchNorm2d(c)], "instance": lambda c: [nn.InstanceNorm2d(c)]}


class Residual(nn.Module):
    def __init__(self, c):
        super().__init__()
        half = lambda: [nn.ReflectionPad2d(1), nn.Conv2d(c, c, 3), nn.InstanceNorm2d(c)]
        self.b = nn.Sequential(*half(), nn.ReLU(), *half())

    def forward(self, x):
        return x + self.b(x)


def resnet_generator(cin, cout, f, blocks):
    layers = [nn.ReflectionPad2d(3), nn.Conv2d(cin, f, 7), nn.InstanceNorm2d(f), nn.ReLU()]
    for c in (f, 2 * f):
        layers += [nn.Conv2d(c, 2 * c, 3, 2, 1), nn.InstanceNorm2d(2 * c), nn.ReLU()]
    layers += [Residual(4 * f) for _ in range(blocks)]
    for c in (4 * f, 2 * f):
        layers += [nn.ConvTranspose2d(c, c // 2, 3, 2, 1, 1), nn.InstanceNorm2d(c // 2), nn.ReLU()]
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(f, cout, 7), nn.Tanh())


def patchgan(cin, f, halvings, norm):
    layers = [nn.Conv2d(cin, f, 4, 2, 1), nn.LeakyReLU(0.2)]
    c = f
    for i in range(1, halvings + 1):
        before, c = c, min(2 * c, 8 * f)
        layers += [nn.Conv2d(before, c, 4, 2 if i < halvings else 1, 1), *NORMS[norm](c), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(c, 1, 4, 1, 1))


class Unet(nn.Module):
    def __init__(self, cin, cout, f, downs):
        super().__init__()
        c = [f * min(2 ** i, 8) for i in range(downs)]
        self.down = nn.ModuleList([nn.Sequential(nn.Conv2d(cin, f, 4, 2, 1))])
        for i in range(1, downs):
            last = i == downs - 1
            layers = [nn.LeakyReLU(0.2), nn.Conv2d(c[i - 1], c[i], 4, 2, 1, bias=last)]
            self.down.append(nn.Sequential(*layers, *([] if last else [nn.BatchNorm2d(c[i])])))
        self.up = nn.ModuleList()
        for i in reversed(range(1, downs)):
            layers = [nn.ReLU(), nn.ConvTranspose2d(c[i] * (1 if i == downs - 1 else 2), c[i - 1], 4, 2, 1, bias=False)]
            self.up.append(nn.Sequential(*layers, nn.BatchNorm2d(c[i - 1])))
        self.up.append(nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(2 * f, cout, 4, 2, 1), nn.Tanh()))

    def forward(self, x):
        skips = []
        for d in self.down:
            x = d(x)
            skips.append(x)
        x = self.up[0](skips.pop())
        for u in self.up[1:]:
            x = u(torch.cat([x, skips.pop()], 1))
        return x


class Block(nn.Module):
    """A residual block as SNGAN's and WGAN-GP's papers order it: 1x1 convolutions before pooling, after upsampling."""

    def __init__(self, cin, hidden, cout, norm=False, up=False, down=False, of_images=False):
        super().__init__()
        activate = lambda c: [*([nn.BatchNorm2d(c)] if norm else []), nn.ReLU()]
        resize = nn.Upsample(scale_factor=2) if up else None
        self.b = nn.Sequential(*([] if of_images else activate(cin)), *([resize] if up else []),
                               nn.Conv2d(cin, hidden, 3, 1, 1), *activate(hidden), nn.Conv2d(hidden, cout, 3, 1, 1),
                               *([nn.AvgPool2d(2)] if down else []))
        if cin != cout or up or down:
            conv = nn.Conv2d(cin, cout, 1)
            self.shortcut = nn.Sequential(*([nn.Identity(), conv] if down else [conv]))
        self.before = resize or nn.Identity()
        self.after = nn.AvgPool2d(2) if down else nn.Identity()

    def forward(self, x):
        shortcut = self.before(x)
        if hasattr(self, "shortcut"):
            shortcut = self.shortcut(shortcut)
        return self.after(shortcut) + self.b(x)


class Sum(nn.Module):
    def forward(self, x):
        return x.sum((2, 3))


# By size: channels after the linear layer and each block of the generator; after each block of the discriminator, of
# which the first so many halve the image.
SNGAN = {32: ([4, 4, 4, 4], [2, 2, 2, 2], 2), 48: ([8, 4, 2, 1], [1, 2, 4, 8, 16], 4)}


def sngan_generator(size, channels, f, spectral):
    widths = [f * times for times in SNGAN[size][0]]
    bottom = size >> len(widths) - 1
    blocks = [Block(a, b, b, norm=True, up=True) for a, b in zip(widths, widths[1:])]
    return nn.Sequential(nn.Linear(5, widths[0] * bottom ** 2), nn.Unflatten(1, (widths[0], bottom, bottom)), *blocks,
                         nn.BatchNorm2d(widths[-1]), nn.ReLU(), nn.Conv2d(widths[-1], channels, 3, 1, 1), nn.Tanh())


def sngan_discriminator(size, channels, f, spectral):
    widths, halvings = [f * times for times in SNGAN[size][1]], SNGAN[size][2]
    blocks = [Block(channels, widths[0], widths[0], down=True, of_images=True)]
    blocks += [Block(a, a, b, down=i < halvings) for i, (a, b) in enumerate(zip(widths, widths[1:]), 1)]
    network = nn.Sequential(*blocks, nn.ReLU(), Sum(), nn.Linear(widths[-1], 1), nn.Flatten(0))
    for module in list(network.modules()):
        if spectral and isinstance(module, (nn.Conv2d, nn.Linear)):
            spectral_norm(module)
    return network


def wgan_gp_critic(size, channels, f, spectral):
    widths = [f, 2 * f, 4 * f, 8 * f, 8 * f]
    blocks = [Block(a, a, b, down=True) for a, b in zip(widths, widths[1:])]
    return nn.Sequential(nn.Conv2d(channels, f, 3, 1, 1), *blocks, nn.Flatten(), nn.Linear(8 * f * (size // 16) ** 2, 1),
                         nn.Flatten(0))


MAKERS = {"resnet_generator": resnet_generator, "patchgan": patchgan, "unet": Unet,
          "sngan_generator": sngan_generator, "sngan_discriminator": sngan_discriminator,
          "wgan_gp_critic": wgan_gp_critic}


def main(path):
    tensors, metadata = load(path)
    comparison = Comparison()
    for number, case in enumerate(json.loads(metadata["cases"])):
        where = f"{case['name']}({', '.join(f'{k}={v}' for k, v in case['options'].items())})"
        network = MAKERS[case["name"]](**case["options"])
        prefix = f"{number}.state."
        network.load_state_dict({key[len(prefix):]: t for key, t in tensors.items() if key.startswith(prefix)})
        network.eval()
        with torch.no_grad():
            theirs = network(tensors[f"{number}.x"])
        comparison.check(case["name"], where, tensors[f"{number}.y"], theirs, TOLERANCE)
        if theirs.std() < 1000 * TOLERANCE:
            comparison.fail(f"{where}: outputs with a deviation of {theirs.std():.2g} show little")
    comparison.finish("networks")


if __name__ == "__main__":
    main(sys.argv[1])
