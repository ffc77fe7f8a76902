#!/usr/bin/env python3
"""Puts MNIST's digits on photographs, as MNIST-M of Ganin et al. (JMLR 2016, section 5.2.4): in each channel
|photo - digit|. Digits keep 2 pixels of margin; photographs are CIFAR-10's, by turns.

usage: mnist_m.py MNIST CIFAR10 OUT     MNIST: IDX files, .gz; CIFAR10: binary batches; OUT: a folder of the latter kind
"""
import gzip
import sys
from pathlib import Path

import numpy


def idx(path, header):
    return numpy.frombuffer(gzip.open(path).read(), numpy.uint8, offset=header)


def put_on(photos, mnist, part, out):
    digits = idx(mnist / f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    labels = idx(mnist / f"{part}-labels-idx1-ubyte.gz", 8)
    records = numpy.frombuffer(photos.read_bytes(), numpy.uint8).reshape(-1, 3073)
    photo = numpy.resize(records[:, 1:], (len(digits), 3072)).reshape(-1, 3, 32, 32)
    digit = numpy.pad(digits, ((0, 0), (2, 2), (2, 2)))[:, None]
    blended = numpy.abs(photo.astype(numpy.int16) - digit).astype(numpy.uint8)
    out.write_bytes(numpy.concatenate([labels[:, None], blended.reshape(-1, 3072)], 1).tobytes())


def main(mnist, cifar, out):
    out.mkdir(parents=True, exist_ok=True)
    put_on(cifar / "data_batch_1.bin", mnist, "train", out / "data_batch_1.bin")
    put_on(cifar / "test_batch.bin", mnist, "t10k", out / "test_batch.bin")
    (out / "batches.meta.txt").write_text("".join(f"{digit}\n" for digit in range(10)))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
