#!/usr/bin/env python3
"""Runs the tests of gan-train.

usage: run.py GAN_TRAIN [unittest arguments]     as in: run.py build/release/tools/gan-train -k Resume
"""
import os
import sys
import unittest
from pathlib import Path

if len(sys.argv) < 2:
    sys.exit(__doc__)
os.environ["GAN_TRAIN"] = str(Path(sys.argv.pop(1)).resolve())
folder = str(Path(__file__).resolve().parent)
sys.dont_write_bytecode = True
sys.path.insert(0, folder)
unittest.main(module=None, argv=[sys.argv[0], "discover", "-s", folder, *sys.argv[1:]], verbosity=1)
