"""Bad input: a clear message, the right exit code, and nothing lost."""
import os
import resource
import subprocess

from harness import GAN_TRAIN, TINY, Case, idx, png


class Usage(Case):
    def test_command_line(self):
        train = ["train", "dcgan", "--data", "shapes", "--out", "run", *TINY]
        for message, args in [
            ("name a command", []),
            ("frobnicate", ["frobnicate"]),
            ("there is no model 'frob'; the models are dcgan, gan", ["train", "frob", "--data", "shapes"]),
            ("name a model first", ["train"]),
            ("no data: --data", ["train", "dcgan", "--out", "run"]),
            ("no run folder: --out", ["train", "dcgan", "--data", "shapes"]),
            ("unknown option 'sise'; did you mean 'size'?", [*train, "--sise", "3"]),
            ("unexpected argument 'more'", [*train, "more"]),
            ("option 'lr-g': -1.0 is not from 0.0 to 1.0", [*train, "--lr-g", "-1"]),
            ("option 'lr-g': \"fast\" is not a number", [*train, "--lr-g", "fast"]),
            ("option 'steps': 0 is not at least 1", [*train, "--steps", "0"]),
            ("option 'loss': \"x\" is not one of ", [*train, "--loss", "x"]),
            ("dcgan: size 48 is not a power of two", [*train[:6], "--size", "48"]),
            ("channels", [*train, "--channels", "2"]),
            ("device 'tpu' is not one of", [*train, "--device", "tpu"]),
            ('option \'precision\': "fp8" is not one of fp32, tf32, bf16', [*train, "--precision", "fp8"]),
            ("on the device cpu there is fp32 alone", [*train, "--device", "cpu", "--precision", "tf32"]),
            ("option 'classes': no network is told of them", [*train, "--classes", "3"]),
            ("option 'classes': 2 are fewer than the", [*train, "--conditioning", "concat", "--classes", "2"]),
            ('option \'conditioning\': "x" is not one of none, concat, projection, auxiliary', [*train, "--conditioning", "x"]),
            ("--out", ["export", "run"]),
        ]:
            with self.subTest(args=args):
                self.refused(2, message, *args)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_config_file(self):
        train = ["train", "dcgan", "--data", "shapes", "--out", "run", "--config", "c.toml"]
        for message, text in [("c.toml:2: unknown option 'sise'; did you mean 'size'?", "size = 16\nsise = 3\n"),
                              ("c.toml:1: option 'size': true is not a whole number", "size = true\n"),
                              ("c.toml:1: ", "size = \n"),
                              ("is not one of dcgan", 'model = "gan"\n')]:
            self.path("c.toml").write_text(text)
            self.refused(2, message, *train)
        self.path("c.toml").unlink()
        self.refused(1, "c.toml: cannot be opened: No such file", *train)
        self.assertFalse(self.path("run").exists())

    def test_sample_and_export(self):
        self.train("run", "--steps", 1)
        sample = ["sample", "run", "--out", "g.png"]
        for message, args in [
            ("nowhere to put images", ["sample", "run"]),
            ("ends in .png", ["sample", "run", "--out", "g.gif"]),
            ("--class: the model dcgan knows no classes", [*sample, "--class", "3"]),
            ("--trunc", [*sample, "--trunc", "0"]),
            ("seeds '4-': '4-' is neither a number nor a range", [*sample, "--seeds", "4-"]),
            ("two seeds are needed", [*sample, "--interpolate", "4"]),
            ("--count", [*sample, "--count", "0"]),
            ("excludes", [*sample, "--count", "3", "--seeds", "1"]),
            ("no network 'x'; it has generator, discriminator", ["export", "run", "--network", "x", "--out", "x"]),
            ("no network 'generator_ema'; it has", ["export", "run", "--ema", "--out", "x"]),
        ]:
            with self.subTest(args=args):
                self.refused(2, message, *args)


class Data(Case):
    def refuses(self, message, data):
        self.refused(1, message, "train", "dcgan", "--data", data, "--out", "run", *TINY)
        self.refused(1, message, "data", data)
        self.assertFalse(self.path("run").exists())

    def test_nothing_there(self):
        self.refuses('"nowhere": no such file or folder', "nowhere")
        self.path("empty").mkdir()
        self.refuses("empty: an empty folder", "empty")
        self.path("empty/notes.txt").write_text("x")
        self.refuses("empty: holds no images", "empty")

    def test_data_without_labels_do_for_models_that_read_none(self):
        png(self.path("data/1.png"))
        png(self.path("data/2.png"))
        self.train("run", "--steps", 1, data="data")
        message = "learns from labels, and the data has none"
        for args in ["cgan"], ["dcgan", "--conditioning", "projection"]:
            self.refused(2, message, "train", *args, "--data", "data", "--out", "other", *TINY)
        self.assertFalse(self.path("other").exists())

    def test_cut_short(self):
        for name in "images-idx3-ubyte", "images-idx3-ubyte.gz":
            idx(self.path(name))
            self.path(name).write_bytes(self.path(name).read_bytes()[:-100])
            self.refuses(name, name)

    def test_an_image_that_does_not_decode_is_named_and_can_be_left_out(self):
        for i in range(20):
            png(self.path(f"data/{i:02}.png"))
        bad = self.path("data/17.png")
        bad.write_bytes(bad.read_bytes()[:40])
        train = ["train", "dcgan", "--data", "data", *TINY, "--steps", "6", "--out"]
        self.refused(1, "17.png", *train, "run")
        self.assertLess(self.checkpoints("run")[-1] if self.checkpoints("run") else 0, 3)
        done = self.run_it(*train, "run2", "--skip-bad")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"\Agan-train: warning: .*17\.png.*; left out\n\Z")
        self.ok(*train, "run3", "--skip-bad", "--quiet")
        # The run that stopped goes on, to the same weights.
        self.ok("resume", "run", "--skip-bad", "--quiet")
        self.assertEqual(self.checkpoint("run", 6).read_bytes(), self.checkpoint("run3", 6).read_bytes())


class Files(Case):
    def test_checkpoints(self):
        self.train("run", "--steps", 4, "--checkpoint-every", 2)
        expected = self.checkpoint("run", 4).read_bytes()
        self.checkpoint("run", 4).write_bytes(expected[:5000])
        self.refused(1, "step-000004.safetensors is cut short", "sample", self.checkpoint("run", 4), "--out", "g.png")
        self.refused(1, "step-000004.safetensors is cut short", "info", self.checkpoint("run", 4))
        done = self.run_it("resume", "run")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"\Agan-train: warning: .*step-000004.safetensors is cut short.*older checkpoint\n\Z")
        self.assertEqual(self.checkpoint("run", 4).read_bytes(), expected)

        self.train("other", "--steps", 4, model="gan")
        self.checkpoint("run", 4).write_bytes(self.checkpoint("other", 4).read_bytes())
        self.refused(1, "step-000004.safetensors: a checkpoint of the model gan, not of dcgan", "resume", "run",
                     "--steps", "6")
        self.checkpoint("run", 2).unlink()
        self.checkpoint("run", 4).write_bytes(b"junk")
        self.refused(1, "step-000004.safetensors", "resume", "run")
        self.refused(1, "step-000004.safetensors", "export", "run", "--out", "g")
        self.refused(1, "config.toml: not a safetensors file", "info", "run/config.toml")

    def test_places_that_cannot_be_written(self):
        self.path("run").mkdir()
        self.path("run/notes").write_text("mine")
        self.path("file").write_text("mine")
        train = ["train", "dcgan", "--data", "shapes", *TINY, "--steps", "1", "--out"]
        self.refused(1, "run: exists already and is not empty", *train, "run")
        self.refused(1, "file: exists already and is no folder", *train, "file")
        self.refused(1, "the folder cannot be made: Not a directory", *train, "file/run")
        self.refused(1, "the folder cannot be made", *train, "/proc/run")
        self.assertEqual(self.path("run/notes").read_text() + self.path("file").read_text(), "minemine")
        self.ok(*train, "good/deep/run")
        self.refused(1, "file/g.png: cannot be created", "sample", "good/deep/run", "--out", "file/g.png")
        self.refused(1, "file/g: cannot be created", "export", "good/deep/run", "--out", "file/g")

    def test_standard_output_that_is_full(self):
        for args in ["models"], ["train", "dcgan", "--data", "shapes", "-n"]:
            with open("/dev/full", "w") as full:
                done = subprocess.run([GAN_TRAIN, *args], stdout=full, stderr=subprocess.PIPE, text=True)
            self.assertEqual((done.returncode, done.stderr),
                             (1, "gan-train: error: standard output cannot be written\n"))

    def test_a_limit_on_file_sizes_leaves_the_earlier_checkpoint(self):
        self.train("run", "--steps", 2)
        size = self.checkpoint("run", 2).stat().st_size

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))
        self.refused(1, "step-000004.safetensors: cannot be written: File too large", "resume", "run", "--steps", "4",
                     "--quiet", preexec_fn=limit)
        self.assertEqual(sorted(p.name for p in (self.path("run") / "checkpoints").iterdir()),
                         ["latest", "step-000002.safetensors"])
        self.ok("resume", "run", "--steps", 4)
        self.train("whole", "--steps", 4)
        self.assertEqual(self.checkpoint("run", 4).read_bytes(), self.checkpoint("whole", 4).read_bytes())

    def test_a_full_disk_leaves_the_earlier_checkpoint(self):
        self.train("whole", "--steps", 4)
        disk = self.path("disk")
        disk.mkdir()
        kib = self.checkpoint("whole", 4).stat().st_size * 3 // 2 // 1024
        mount = ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(disk)]
        if os.geteuid() != 0 or subprocess.run(mount, stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("no small file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", str(disk)], check=True)
        self.refused(1, "step-000004.safetensors: cannot be written: No space left on device", "train", "dcgan", "--data",
                     "shapes", *TINY, "--steps", "4", "--checkpoint-every", "2", "--sample-every", "0", "--out", "disk/run")
        self.assertEqual(self.checkpoints("disk/run"), [2])
        subprocess.run(["mount", "-o", f"remount,size={4 * kib}k", str(disk)], check=True)
        self.ok("resume", "disk/run")
        self.assertEqual(self.checkpoint("disk/run", 4).read_bytes(), self.checkpoint("whole", 4).read_bytes())
