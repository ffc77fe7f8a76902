#!/usr/bin/env python3
"""Loads DCGAN generators that `gan-train export` wrote into the same network in PyTorch, strictly, and compares
the images that both make of the same latents.

usage: export.py IMAGES EXPORTED [IMAGES EXPORTED ...]      IMAGES as written by saddle-tests --dump images
"""
import sys

from common import Comparison, load
from dcgan import compare_images, generator


def main(paths):
    comparison = Comparison()
    for images, exported in zip(paths[::2], paths[1::2]):
        state, _ = load(exported)
        first, *_, last = state.values()
        nz, width = first.shape[:2]
        ngf, channels = last.shape[:2]
        size = 8 * width // ngf
        made, _ = load(images)
        where = f"exported {size}x{size}x{channels}"
        compare_images(comparison, where, generator(size, channels, nz, ngf), state, made["z"], made["images"])
    comparison.finish("export")


if __name__ == "__main__":
    main(sys.argv[1:])
