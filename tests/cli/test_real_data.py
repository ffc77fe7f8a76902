"""A few steps on real image sets of every kind, where SADDLE_DATA names them."""
import os
from pathlib import Path

from harness import Case


class RealData(Case):
    def trains(self, name, channels, words):
        root = os.environ.get("SADDLE_DATA")
        if not root or not (Path(root) / name).exists():
            self.skipTest(f"SADDLE_DATA does not name a folder with {name}")
        folder = Path(root) / name
        out = self.ok("data", folder, "--preview", "preview.png")
        for word in words:
            self.assertIn(word, out)
        self.train("run", "--steps", 3, data=folder)
        self.assertIn(f"channels = {channels}\n", (self.path("run") / "config.toml").read_text())
        self.ok("sample", "run", "--out", "grid.png", "--count", 4)

    def test_mnist(self):
        self.trains("mnist", 1, ["IDX", "10 classes", "28x28 grey"])

    def test_fashion_mnist(self):
        self.trains("fashion-mnist", 1, ["IDX", "10 classes", "28x28 grey"])

    def test_cifar10_binary(self):
        self.trains("cifar10/bin", 3, ["CIFAR-10", "32x32 colour", "airplane"])

    def test_class_folders(self):
        self.trains("cifar10/jpg", 3, ["10 classes", "32x32 colour", "airplane"])

    def test_images_with_alpha(self):
        self.trains("dcss-tiles", 3, ["colour and alpha"])
