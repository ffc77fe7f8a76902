#!/usr/bin/env python3
"""Puts MNIST's digits on photographs, as MNIST-M of Ganin et al. (JMLR 2016, section 5.2.4): in each channel
|photo - digit|. Digits keep 2 pixels of margin, and each lies on a place of its own, drawn at random, of a photograph.

usage: mnist_m.py MNIST PHOTOS OUT     MNIST: IDX files, .gz; PHOTOS: a folder of JPEGs of 32 pixels and more; OUT: a
                                       folder of CIFAR-10's binary batches
"""
import gzip
import sys
from pathlib import Path

import numpy
from PIL import Image

SIZE, MARGIN = 32, 2


def idx(path, header):
    return numpy.frombuffer(gzip.open(path).read(), numpy.uint8, offset=header)


def places(photos, count, random):
    for _ in range(count):
        photo = photos[random.integers(len(photos))]
        y, x = (random.integers(extent - SIZE + 1) for extent in photo.shape[:2])
        yield photo[y : y + SIZE, x : x + SIZE].transpose(2, 0, 1)


def put_on(photos, mnist, part, out, random):
    digits = idx(mnist / f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    labels = idx(mnist / f"{part}-labels-idx1-ubyte.gz", 8)
    behind = numpy.stack(list(places(photos, len(digits), random))).astype(numpy.int16)
    digit = numpy.pad(digits, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)))[:, None]
    blended = numpy.abs(behind - digit).astype(numpy.uint8)
    out.write_bytes(numpy.concatenate([labels[:, None], blended.reshape(len(digits), -1)], 1).tobytes())


def main(mnist, folder, out):
    photos = [numpy.asarray(Image.open(path).convert("RGB")) for path in sorted(folder.rglob("*.jpg"))]
    random = numpy.random.default_rng(0)
    out.mkdir(parents=True, exist_ok=True)
    put_on(photos, mnist, "train", out / "data_batch_1.bin", random)
    put_on(photos, mnist, "t10k", out / "test_batch.bin", random)
    (out / "batches.meta.txt").write_text("".join(f"{digit}\n" for digit in range(10)))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
