#!/usr/bin/env python3
"""Runs saddle-bench step and a PyTorch script that takes the same options by turns, and prints both beside each other.

usage: compare-torch.py SCRIPT [MODEL ...] [--rounds N] [--steps N] [--threads N] [--bench PATH] [--python PATH] [--json]

SCRIPT is called as `SCRIPT MODEL --threads N --steps N --device D --precision P` and prints one line of JSON with the keys
of `saddle-bench step`. The two take turns, so that what else the machine does falls on both alike. Prints the median of all
rounds' medians, the ratio of the two, and peak memory; exits with 1 if a step of Saddle takes longer than one of PyTorch.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys


def measure(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"compare-torch: failed with {done.returncode}: {' '.join(command)}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("script")
    parser.add_argument("models", nargs="*", metavar="MODEL", help="all four unless given")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=5, help="a round, on each side")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--bench", default=str(root / "build/release/bench/saddle-bench"))
    parser.add_argument("--python", default="/usr/bin/python3", help="an interpreter that can import torch")
    parser.add_argument("--json", action="store_true", help="print each measurement too")
    options = parser.parse_args()

    slower = False
    print(f"{'model':<10} {'saddle':>10} {'torch':>10} {'times faster':>13} {'saddle MiB':>11} {'torch MiB':>10} {'of torch':>9}")
    for model in options.models or ["dcgan", "wgan-gp", "cyclegan", "pix2pix"]:
        arguments = [model, "--threads", str(options.threads), "--steps", str(options.steps)]
        arguments += ["--device", options.device, "--precision", options.precision]
        if options.batch:
            arguments += ["--batch", str(options.batch)]
        sides = {"saddle": [options.bench, "step"], "torch": [options.python, options.script]}
        lines = {side: [] for side in sides}
        for _ in range(options.rounds):
            for side, command in sides.items():
                lines[side].append(measure(command + arguments))
                if options.json:
                    print(json.dumps(lines[side][-1]))
        seconds = {side: statistics.median(line["median_s"] for line in all_) for side, all_ in lines.items()}
        memory = {side: statistics.median(line["peak_mib"] for line in all_) for side, all_ in lines.items()}
        slower |= seconds["saddle"] > seconds["torch"]
        print(f"{model:<10} {seconds['saddle']:>8.3f} s {seconds['torch']:>8.3f} s {seconds['torch'] / seconds['saddle']:>13.2f} "
              f"{memory['saddle']:>11.0f} {memory['torch']:>10.0f} {memory['saddle'] / memory['torch']:>9.2f}")
    sys.exit(slower)


main()
