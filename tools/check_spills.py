#!/usr/bin/env python3
"""Fails where nvcc gave a kernel a stack frame or spilled its registers, which costs most of its speed.

usage: check_spills.py [--list] OBJECT...      compiled under tools/keep_ptxas_report.sh, whose reports lie beside them

A kernel of f64 serves gradient checks, whose speed does not matter: those may. Others may only where `allowed` below says
why. --list prints every kernel with its registers, the hungriest first. Exits with 1 for a kernel that may not, for an entry
of `allowed` that no kernel needs any more, and where a report is missing or none lists a kernel.
"""
import argparse
import pathlib
import re
import subprocess
import sys

# A part of the kernel's demangled name: why it may use the stack.
allowed = {}

entry = re.compile(r"Compiling entry function '(\w+)' for '(\w+)'")
stack = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
registers = re.compile(r"Used (\d+) registers")


def kernels(text):
    """(mangled name, architecture, registers, stack, spill stores, spill loads) of each."""
    # The properties of functions that were not inlined stand between those of the kernel that is compiled.
    for part in re.split(r"(?=ptxas info +: Compiling entry function)", text):
        name = entry.search(part)
        if name:
            frames = [tuple(map(int, found)) for found in stack.findall(part)] or [(0, 0, 0)]
            used = registers.search(part)
            yield (*name.groups(), int(used.group(1)) if used else 0, *map(max, zip(*frames)))


def demangled(names):
    done = subprocess.run(["c++filt"], input="\n".join(names), stdout=subprocess.PIPE, text=True, check=True)
    return dict(zip(names, done.stdout.splitlines()))


def is_f64(name):
    """By the kernel's template arguments. (One of f32 may have a factor of f64, too.)"""
    arguments = re.search(r"<(.*)>", name.split(">(")[0] + ">")
    return arguments is not None and "double" in arguments.group(1) and "float" not in arguments.group(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("objects", nargs="+", metavar="OBJECT", help="kernel.cu.o for kernel.cu.o.ptxas")
    options = parser.parse_args()

    found, problems = [], []
    for report in [pathlib.Path(f"{object_}.ptxas") for object_ in options.objects]:
        text = report.read_text() if report.exists() else ""
        if not text:
            problems.append(f"{report}: missing or empty")
        found += kernels(text)
    if not found:
        problems.append("no kernel in any report")
    names = demangled(sorted({kernel[0] for kernel in found}))

    needed = set()
    for mangled, architecture, used, frame, stores, loads in sorted(found, key=lambda kernel: -kernel[2]):
        name = names[mangled]
        if options.list:
            print(f"{used:4} registers, {frame:4} bytes of stack, {architecture}: {name}")
        if frame + stores + loads == 0:
            continue
        reasons = [part for part in allowed if part in name]
        needed.update(reasons)
        if not reasons and not is_f64(name):
            problems.append(f"{name} for {architecture}: {frame} bytes of stack, {stores} of spill stores, {loads} of loads, "
                            f"{used} registers")
    problems += [f"'{part}' is allowed, but no kernel needs it" for part in allowed if part not in needed]
    for problem in problems:
        print(f"check_spills: {problem}")
    print(f"check_spills: {len(found)} kernels in {len(options.objects)} objects, {len(problems)} problems")
    sys.exit(bool(problems))


main()
