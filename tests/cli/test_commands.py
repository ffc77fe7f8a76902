"""Each command does what its help says."""
import json
import os
import pty
import subprocess

from harness import GAN_TRAIN, TINY, Case, floats, idx, png, png_size, safetensors_header


class Train(Case):
    def test_a_run_holds_config_log_samples_and_checkpoints(self):
        out = self.train("run", "--steps", 25, "--log-every", 10, "--sample-every", 10, "--checkpoint-every", 20)
        lines = out.splitlines()
        self.assertIn("8 classes", lines[0])
        self.assertRegex(lines[1], r"^step 10/25  loss_d [\d.]+  loss_g [\d.]+ .* img/s .* left  \d+ MB$")
        self.assertEqual(len(lines), 5)
        self.assertEqual(self.checkpoints("run"), [20, 25])
        self.assertEqual((self.path("run") / "checkpoints/latest").read_text(), "step-000025.safetensors\n")
        self.assertEqual(sorted(p.name for p in (self.path("run") / "samples").iterdir()),
                         [f"step-0000{n}.png" for n in (10, 20, 25)])
        self.assertEqual(png_size(self.path("run") / "samples/step-000010.png"), (8 * 16 + 7 * 2,) * 2)
        self.assertEqual([line["step"] for line in self.log("run")], [10, 20, 25])
        for key in "epoch", "loss_d", "loss_g", "images_per_s", "memory_bytes", "memory_peak_bytes":
            self.assertGreater(self.log("run")[0][key], 0, key)
        config = (self.path("run") / "config.toml").read_text()
        for line in 'model = "dcgan"', 'data = "shapes"', "channels = 3", "ngf = 8", "lr-g = 0.0002", "steps = 25":
            self.assertIn(line + "\n", config)

    def test_quiet_prints_nothing_and_never_means_never(self):
        out = self.train("run", "--steps", 3, "--quiet", "--log-every", 0, "--sample-every", 0, "--checkpoint-every", 0)
        self.assertEqual(out, "")
        self.assertEqual(self.checkpoints("run"), [3])
        self.assertEqual(self.log("run"), [])
        self.assertEqual(list((self.path("run") / "samples").iterdir()), [])

    def test_grey_data_make_a_grey_model(self):
        idx(self.path("digits/train-images-idx3-ubyte.gz"))
        self.train("run", "--steps", 2, data="digits")
        config = (self.path("run") / "config.toml").read_text()
        self.assertIn("channels = 1\n", config)
        self.assertIn(f'data = "{self.path("digits").resolve()}"\n', config)
        self.assertIn("data = ", self.ok("info", "run"))

    def test_options_come_from_command_line_then_file_then_model(self):
        self.path("c.toml").write_text("size = 32\nngf = 8\nflip = true\n")
        args = ["train", "dcgan", "--data", "shapes", "--config", "c.toml", "--size", "16", "--no-flip", "-n"]
        out = self.ok(*args)
        for line in "size = 16", "ngf = 8", "flip = false", "ndf = 64", "channels = 3":
            self.assertIn(line + "\n", out)
        self.path("d.toml").write_text(out)
        self.assertEqual(self.ok("train", "dcgan", "--config", "d.toml", "--dry-run"), out)
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["c.toml", "d.toml"])

    def test_help_lists_every_option_with_its_default(self):
        out = self.ok("train", "dcgan", "--help")
        for text in "--lr-g N=0.0002", "--ngf N=64", "--steps N=5000", "--flip,--no-flip", "--keep-checkpoints N=0":
            self.assertIn(text, out)

    def test_the_kernels_for_gpus_train_as_the_cpu_does(self):
        args = ["train", "dcgan", "--data", "shapes", "--size", 16, "--batch", 4, "--steps", 2, "--sample-every", 0]
        done = self.run_it(*args, "--device", "emulated", "--out", "emulated")
        if "not part of this build" in done.stderr:
            self.skipTest("this build has no emulated device")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.ok(*args, "--device", "cpu", "--out", "cpu")
        cpu, emulated = (floats(self.path(run) / "checkpoints/step-000002.safetensors") for run in ("cpu", "emulated"))
        self.assertEqual(cpu.keys(), emulated.keys())
        for name in cpu:
            if name.startswith(("generator.", "discriminator.")):
                worst = max(abs(a - b) for a, b in zip(cpu[name], emulated[name]))
                self.assertLess(worst, 1e-4, name)

    def test_the_newest_checkpoints_are_kept(self):
        self.train("run", "--steps", 7, "--checkpoint-every", 2, "--keep-checkpoints", 2)
        self.assertEqual(self.checkpoints("run"), [6, 7])

    def test_a_terminal_gets_one_line_that_is_rewritten(self):
        ours, theirs = pty.openpty()
        process = subprocess.Popen([GAN_TRAIN, "train", "dcgan", "--data", "shapes", "--out", "run", "--steps", "30",
                                    *TINY], stdout=theirs, stderr=subprocess.PIPE, cwd=self.folder)
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        self.assertEqual((process.wait(), process.stderr.read()), (0, b""))
        process.stderr.close()
        self.assertGreaterEqual(shown.count(b"\rstep "), 2)
        self.assertIn(b"\rstep 30/30  ", shown)
        for piece in shown.split(b"\r"):
            self.assertLess(len(piece.split(b"\x1b[K")[0]), 80 if piece.startswith(b"step") else 1000)

    def test_training_outlives_who_reads_its_lines(self):
        process = self.start("train", "dcgan", "--data", "shapes", "--out", "run", "--steps", 30, "--log-every", 1, *TINY)
        self.read_until(process, "step 1/")
        process.stdout.close()
        self.assertEqual((process.wait(), process.stderr.read()), (0, b""))
        self.assertEqual(self.checkpoints("run"), [30])

    def test_the_fully_connected_gan(self):
        self.train("run", "--steps", 3, model="gan")
        self.assertIn("checkpoint of gan, step 3", self.ok("info", self.checkpoint("run", 3)))

    def test_classes(self):
        for name in "a/1.png", "a/2.png", "b/1.png", "c/1.png":
            png(self.path("data") / name)
        self.train("run", "--steps", 2, "--quiet", model="cgan", data="data")
        self.assertIn("classes = 3\n", (self.path("run") / "config.toml").read_text())
        self.assertEqual(png_size(next(self.path("run/samples").iterdir())), (8 * 18 - 2, 3 * 18 - 2))  # a row a class
        for classes, rows in ("all", 3), ("2,0", 2):
            self.ok("sample", "run", "--class", classes, "--out", "grid.png")
            self.assertEqual(png_size(self.path("grid.png")), (8 * 18 - 2, rows * 18 - 2))
        self.ok("sample", "run", "--class", "all", "--seeds", "5", "--each", "each")
        self.assertEqual(sorted(p.name for p in self.path("each").iterdir()),
                         [f"class-{c}-seed-000005.png" for c in range(3)])
        self.assertEqual(len({p.read_bytes() for p in self.path("each").iterdir()}), 3)
        self.ok("sample", "run", "--class", "1", "--seeds", "5", "--out", "one.png")
        self.assertEqual(png_size(self.path("one.png")), (16, 16))
        self.refused(2, "class 3: the model knows 3, from 0 on", "sample", "run", "--class", "3", "--out", "grid.png")
        self.refused(2, "classes 'b': 'b' is neither a number nor a range", "sample", "run", "--class", "b", "--out", "grid.png")
        # More classes than the data has are the user's to say, and so is the way to condition on them.
        self.train("run2", "--steps", 1, "--quiet", "--conditioning", "projection", "--classes", 5, data="data")
        self.ok("sample", "run2", "--class", "4", "--out", "grid.png")


class Use(Case):
    def setUp(self):
        super().setUp()
        self.train("run", "--steps", 3, "--ema", "0.9", "--quiet")

    def test_sample(self):
        self.ok("sample", "run", "--out", "grid.png")
        self.assertEqual(png_size(self.path("grid.png")), (8 * 18 - 2, 8 * 18 - 2))
        self.ok("sample", "run", "--out", "grid.png", "--count", 5, "--columns", 2, "--each", "all")
        self.assertEqual(png_size(self.path("grid.png")), (2 * 18 - 2, 3 * 18 - 2))
        self.ok("sample", self.checkpoint("run", 3), "--seeds", "4,0-1", "--each", "some", "--threads", 1)
        self.assertEqual(sorted(p.name for p in self.path("some").iterdir()),
                         [f"seed-00000{n}.png" for n in (0, 1, 4)])
        for image in self.path("some").iterdir():
            self.assertEqual(png_size(image), (16, 16))
            self.assertEqual(image.read_bytes(), (self.path("all") / image.name).read_bytes())

    def test_interpolation_goes_from_one_seed_to_the_other(self):
        self.ok("sample", "run", "--seeds", "3,8", "--each", "ends")
        for way in [], ["--linear"]:
            self.ok("sample", "run", "--interpolate", "3,8", "--frames", 5, "--out", "way.png", "--each", "way", *way)
            self.assertEqual(png_size(self.path("way.png")), (5 * 18 - 2, 16))
            for frame, end in ("frame-000000", "seed-000003"), ("frame-000004", "seed-000008"):
                self.assertEqual(self.path(f"way/{frame}.png").read_bytes(), self.path(f"ends/{end}.png").read_bytes())

    def test_truncation(self):
        made = {}
        for name, args in ("plain", []), ("wide", ["--trunc", 100]), ("narrow", ["--truncation", 0.5]):
            self.ok("sample", "run", "--seeds", "3", "--out", f"{name}.png", *args)
            made[name] = self.path(f"{name}.png").read_bytes()
        self.assertEqual(made["plain"], made["wide"])
        self.assertNotEqual(made["plain"], made["narrow"])
        # The ends of a way are truncated too.
        self.ok("sample", "run", "--interpolate", "3,8", "--frames", 2, "--trunc", 0.5, "--each", "way")
        self.assertEqual(made["narrow"], self.path("way/frame-000000.png").read_bytes())

    def test_reconstruct(self):
        for model in "vae", "dae":
            self.ok("train", model, "--data", "shapes", "--out", model, "--size", 16, "--nef", 4, "--ngf", 4, "--batch", 4,
                    "--steps", 2, "--quiet", "--threads", 1)
            self.ok("reconstruct", model, "--data", "shapes", "--out", f"{model}.png", "--count", 10, "--columns", 5)
            self.assertEqual(png_size(self.path(f"{model}.png")), (5 * 18 - 2, 4 * 18 - 2))
        self.assertEqual(png_size(self.path("dae/samples/step-000002.png")), (4 * 18 - 2, 2 * 18 - 2))
        self.ok("sample", "vae", "--out", "grid.png", "--count", 2)
        self.refused(2, "the model dae makes no images", "sample", "dae", "--out", "grid.png")
        self.refused(2, "the model dcgan does not make images again", "reconstruct", "run", "--data", "shapes", "--out",
                     "grid.png")

    def test_export(self):
        self.ok("export", "run", "--network", "discriminator", "--out", "d.safetensors")
        self.ok("export", "run", "--out", "g.safetensors")
        self.ok("export", "run", "--network", "generator", "--ema", "--out", "e.safetensors")
        header = safetensors_header(self.path("g.safetensors"))
        self.assertEqual(header["0.weight"]["shape"], [16, 16, 4, 4])
        self.assertEqual(header["__metadata__"]["network"], "generator")
        self.assertEqual(header.keys(), safetensors_header(self.path("e.safetensors")).keys())
        self.assertNotEqual(self.path("g.safetensors").read_bytes()[-4096:], self.path("e.safetensors").read_bytes()[-4096:])

    def test_info(self):
        out = self.ok("info", "run")
        for text in 'model = "dcgan"', "checkpoints: 3; latest 3", '"step":3', "samples: 1, the last run/samples/":
            self.assertIn(text, out)
        out = self.ok("info", self.checkpoint("run", 3))
        for text in "checkpoint of dcgan, step 3", "generator_ema: ", " parameters", "  ngf = 8":
            self.assertIn(text, out)

    def test_sampling_falls_back_to_an_older_checkpoint_with_a_warning(self):
        self.ok("resume", "run", "--steps", 5, "--quiet")
        data = self.checkpoint("run", 5).read_bytes()
        self.checkpoint("run", 5).write_bytes(data[:-1])
        done = self.run_it("sample", "run", "--out", "g.png")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"\Agan-train: warning: .*step-000005\.safetensors is cut short.*\n\Z")
        self.ok("sample", "run", "--out", "g.png", "--quiet")


class Points(Case):
    def setUp(self):
        super().setUp()
        self.ok("train", "wgan-gp", "--data", "25-gaussians", "--out", "run", "--hidden", 8, "--batch", 16, "--steps", 3,
                "--quiet")

    def test_training_on_points_plots_them(self):
        config = (self.path("run") / "config.toml").read_text()
        for line in "channels = 2", "size = 1", "batch = 16", "nz = 2", "penalty-weight = 0.1", 'lr-schedule = "linear"':
            self.assertIn(line + "\n", config)
        self.assertEqual(png_size(self.path("run/samples/step-000003.png")), (640, 640))
        self.ok("sample", "run", "--out", "points.png", "--count", 50)
        self.assertEqual(png_size(self.path("points.png")), (640, 640))
        self.refused(2, "--each: the model wgan-gp makes points here", "sample", "run", "--each", "d")
        self.ok("resume", "run", "--steps", 4, "--quiet")

    def test_modes(self):
        self.ok("train", "gan", "--data", "8-gaussians", "--out", "other", "--hidden", 8, "--steps", 2, "--quiet")
        out = self.ok("modes", "run", "other", "--out", "m.png", "--json", "m.json", "--count", 100)
        self.assertRegex(out, r"\Arun: wgan-gp, step 3: \d+ of 25 modes, [\d.]+ % within 3 sigma\n"
                              r"other: gan, step 2: \d of 8 modes, [\d.]+ % within 3 sigma\n\Z")
        self.assertEqual(png_size(self.path("m.png")), (2 * 640, 640))
        numbers = json.loads(self.path("m.json").read_text())
        self.assertEqual([entry["data"] for entry in numbers], ["25-gaussians", "8-gaussians"])
        self.assertEqual([entry["samples"] for entry in numbers], [100, 100])
        self.assertEqual(sum(numbers[0]["samples_at_mode"]), round(100 * numbers[0]["within_3_sigma"]))
        self.train("images", "--steps", 1, "--quiet")
        self.refused(2, "images: trained on shapes, 50000 images 128x128, 8 classes, of which no modes are known",
                     "modes", "images")
        self.refused(2, "ends in .png", "modes", "run", "--out", "m.gif")

    def test_models_that_learn_images_alone_say_so(self):
        self.refused(2, "dcgan learns images, and the data has none", "train", "dcgan", "--data", "25-gaussians", "--out",
                     "dcgan")
        self.assertFalse(self.path("dcgan").exists())


class Look(Case):
    def test_models(self):
        self.assertRegex(self.ok("models"), r"(?m)^  dcgan  .*\n.*Radford")
        self.assertRegex(self.ok("models", "dcgan"), r"(?m)^  --lr-g 0.0002  +the generator's learning rate \(from ")
        self.refused(2, "there is no model 'x'; the models are dcgan, gan", "models", "x")

    def test_data(self):
        for name, size in ("a/1.png", (8, 8)), ("a/2.png", (8, 8)), ("b/1.png", (5, 9)):
            png(self.path(name), size)
        self.path("b/2.png").write_text("no image")
        out = self.ok("data", self.folder, "--preview", "p.png", "--size", 8)
        for text in "4 images", "2 classes", "  8x8 colour: 2\n", "  5x9 colour: 1\n", "  a: 2\n", "  b: 2\n":
            self.assertIn(text, out)
        self.assertIn("1 does not decode, the first: " + str(self.path("b/2.png")), out)
        self.assertEqual(png_size(self.path("p.png")), (4 * 10 - 2, 8))
        self.assertIn("sizes of 1000 of them:\n  128x128 colour: 1000\n", self.ok("data", "shapes"))
        self.assertIn("8-gaussians, 100000 points of the plane, 8 classes\nclasses:\n  0: 12500\n",
                      self.ok("data", "8-gaussians", "--preview", "p.png"))
        self.assertEqual(png_size(self.path("p.png")), (640, 640))

    def test_version_and_help(self):
        self.assertRegex(self.ok("--version"), r"\Agan-train \d+\.\d+\.\d+\n\Z")
        for command in [], ["train"], ["resume"], ["sample"], ["export"], ["models"], ["modes"], ["data"], ["info"]:
            self.assertIn("Usage: ", self.ok(*command, "--help"))
