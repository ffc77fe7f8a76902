"""What the comparisons with PyTorch share: reading what Saddle wrote, and measuring disagreement."""
import json
import math
import sys
from pathlib import Path

import torch

torch.set_num_threads(1)

DTYPES = {"F64": torch.float64, "F32": torch.float32, "BF16": torch.bfloat16, "I64": torch.int64, "U8": torch.uint8}


def load(path):
    """The tensors of a safetensors file by name, in its order, and its metadata."""
    data = Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype, shape = DTYPES[entry["dtype"]], entry["shape"]
        # bytearray: a copy that PyTorch may write to, aligned.
        own = bytearray(data[start + begin:start + end])
        tensors[name] = (torch.frombuffer(own, dtype=dtype) if own else torch.empty(0, dtype=dtype)).reshape(shape)
    return tensors, metadata


def disagreement(ours, theirs):
    """The largest |ours - theirs| / max(1, |theirs|); infinite where shapes differ or only one is NaN."""
    if ours.shape != theirs.shape:
        return math.inf
    ours, theirs = ours.detach().double(), theirs.detach().double()
    same = (ours == theirs) | (ours.isnan() & theirs.isnan())
    error = (ours - theirs).abs() / theirs.abs().clamp(min=1)
    error = torch.where(same, torch.zeros_like(error), error.nan_to_num(nan=math.inf, posinf=math.inf))
    return error.max().item() if error.numel() else 0.0


class Comparison:
    """Gathers disagreements of many kinds; `finish` prints them and ends the program."""

    def __init__(self):
        self.worst = {}
        self.failures = []
        self.count = 0

    def check(self, kind, where, ours, theirs, tolerance):
        error = disagreement(ours, theirs)
        self.count += 1
        self.worst[kind] = max(self.worst.get(kind, (0.0, "")), (error, where))
        if not error <= tolerance:
            shapes = f", shapes {list(ours.shape)} and {list(theirs.shape)}" if ours.shape != theirs.shape else ""
            self.fail(f"{where}: {kind} is off by {error:.3g}, allowed {tolerance:.3g}{shapes}")

    def fail(self, message):
        if message not in self.failures:
            self.failures.append(message)

    def finish(self, what):
        for message in self.failures:
            print("FAILED", message)
        print(f"{what}: {self.count} comparisons with PyTorch {torch.__version__}, {len(self.failures)} failed")
        for kind, (error, where) in self.worst.items():
            print(f"  {kind}: worst {error:.2g}" + (f" in {where}" if error else ""))
        sys.exit(1 if self.failures or not self.count else 0)
