#!/usr/bin/env python3
"""Fails where a vjp in autograd/ops touches a Tensor or a kernel.

A vjp is a lambda that takes `const Vjp&`. Inside its braces, `Tensor`, `kernels::` and `.value()` are forbidden:
what they compute has no place in the graph, so gradients of gradients would silently be wrong.

usage: lint_vjp.py FILE...
"""
import re
import sys

FORBIDDEN = re.compile(r"\bTensor\b|\bkernels::|\.value\(\)")


def vjp_bodies(text):
    """Yields (offset, body) of each lambda over a Vjp."""
    for match in re.finditer(r"\(const Vjp& \w+\)[^{;]*{", text):
        depth, end = 1, match.end()
        while depth and end < len(text):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        yield match.end(), text[match.end():end]


def main():
    status = 0
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for offset, body in vjp_bodies(text):
            for found in FORBIDDEN.finditer(body):
                line = text.count("\n", 0, offset + found.start()) + 1
                print(f"{path}:{line}: a vjp uses '{found.group()}'; write it with ops on Variables", file=sys.stderr)
                status = 1
    return status


sys.exit(main())
