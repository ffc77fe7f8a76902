"""What the tests of gan-train share: running it, tiny data, and looking into its files."""
import fcntl
import gzip
import json
import os
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib
from pathlib import Path

GAN_TRAIN = os.environ["GAN_TRAIN"]

# A DCGAN that trains 40 steps in a fraction of a second.
TINY = ["--size", "16", "--ngf", "8", "--ndf", "8", "--nz", "16", "--batch", "8"]


class Case(unittest.TestCase):
    """A folder of its own for each test, and checks on how gan-train ends."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="saddle-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, name):
        return self.folder / name

    def run_it(self, *args, **kwargs):
        return subprocess.run([GAN_TRAIN, *map(str, args)], capture_output=True, text=True, cwd=self.folder,
                              timeout=300, **kwargs)

    def ok(self, *args, **kwargs):
        """Runs it, which must succeed without a word on standard error; gives standard output."""
        done = self.run_it(*args, **kwargs)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout

    def refused(self, status, message, *args, **kwargs):
        """Runs it, which must fail with that exit code and one line on standard error that holds `message`."""
        done = self.run_it(*args, **kwargs)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertRegex(done.stderr, r"\Agan-train: error: [^\n]+\n\Z")
        self.assertIn(message, done.stderr)

    def train(self, run, *args, data="shapes", model="dcgan"):
        size = TINY if model != "gan" else ["--size", "8", "--batch", "8"]
        return self.ok("train", model, "--data", data, "--out", self.path(run), *size, *args)

    def start(self, *args):
        """Starts it with a pipe for its lines that holds few of them, so that it cannot run far ahead of who
        reads them, however busy the machine is."""
        ours, theirs = os.pipe()
        fcntl.fcntl(theirs, 1031, 4096)  # F_SETPIPE_SZ, which Python 3.9 has no name for
        process = subprocess.Popen([GAN_TRAIN, *map(str, args)], stdout=theirs, stderr=subprocess.PIPE, cwd=self.folder)
        os.close(theirs)
        process.stdout = open(ours, "rb", buffering=0)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def read_until(self, process, text):
        for line in iter(process.stdout.readline, b""):
            if text in line.decode():
                return
        self.fail(f"no line with {text!r}: {process.stderr.read()}")

    def checkpoint(self, run, step):
        return self.path(run) / "checkpoints" / f"step-{step:06d}.safetensors"

    def checkpoints(self, run):
        return sorted(int(p.stem[5:]) for p in (self.path(run) / "checkpoints").glob("step-*.safetensors"))

    def log(self, run):
        return [json.loads(line) for line in (self.path(run) / "log.jsonl").read_text().splitlines()]


def png(path, size=(8, 8), color=(200, 30, 30)):
    """Writes an image of one colour: grey, grey and alpha, RGB or RGBA."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    width, height = size
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[len(color)]
    rows = (b"\0" + bytes(color) * width) * height
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def png_size(path):
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


def idx(path, count=20, size=8):
    """Writes IDX images, compressed if the name says so."""
    data = struct.pack(">IIII", 0x803, count, size, size) + bytes(i % 256 for i in range(count * size * size))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def safetensors_header(path):
    data = path.read_bytes()
    return json.loads(data[8:8 + struct.unpack("<Q", data[:8])[0]])


def floats(path):
    """The numbers of each f32 tensor, by its name."""
    data, header = path.read_bytes(), safetensors_header(path)
    start = 8 + struct.unpack("<Q", data[:8])[0]
    return {name: memoryview(data)[start + entry["data_offsets"][0]:start + entry["data_offsets"][1]].cast("f")
            for name, entry in header.items() if entry.get("dtype") == "F32"}
