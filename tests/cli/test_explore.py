"""What latents do to images: every command under explore."""
import csv

from harness import Case, idx, png, png_size

SMALL = ["--size", "16", "--batch", "8", "--steps", 1, "--quiet"]


def grid(columns, rows, size=16):
    return columns * (size + 2) - 2, rows * (size + 2) - 2


class Explore(Case):
    def setUp(self):
        super().setUp()
        self.train("run", "--steps", 2, "--quiet")

    def explore(self, what, run, *args, size=None, out="x.png"):
        """Runs it, checks the grid's size, and gives its bytes."""
        self.ok("explore", what, run, "--out", out, "--quiet", *args)
        self.assertEqual(png_size(self.path(out)), size)
        return self.path(out).read_bytes()

    def conditional(self):
        for name in "a/1.png", "a/2.png", "b/1.png", "c/1.png":
            png(self.path("data") / name)
        self.train("cond", "--steps", 1, "--quiet", model="cgan", data="data")

    def test_interpolate(self):
        many = self.explore("interpolate", "run", size=grid(8, 8))
        self.assertEqual(many, self.explore("interpolate", "run", "--seeds", "0-15", size=grid(8, 8)))
        self.assertNotEqual(many, self.explore("interpolate", "run", "--method", "linear", size=grid(8, 8)))
        self.assertNotEqual(many, self.explore("interpolate", "run", "--seed", 1, size=grid(8, 8)))
        # One row is what sample makes of it.
        self.ok("sample", "run", "--interpolate", "3,8", "--frames", 5, "--out", "way.png")
        self.assertEqual(self.path("way.png").read_bytes(),
                         self.explore("interpolate", "run", "--seeds", "3,8", "--steps", 5, size=grid(5, 1)))
        self.conditional()
        self.explore("interpolate", "cond", size=grid(8, 3))
        self.explore("interpolate", "cond", "--class", "2,0", "--rows", 2, "--steps", 3, size=grid(3, 4))
        self.refused(2, "these are 3", "explore", "interpolate", "run", "--out", "x.png", "--seeds", "1-3")
        self.refused(2, "--method", "explore", "interpolate", "run", "--out", "x.png", "--method", "magic")
        self.refused(2, "classes 'b': 'b' is neither", "explore", "interpolate", "cond", "--out", "x.png", "--class", "b")

    def test_truncate(self):
        rows = self.explore("truncate", "run", size=grid(8, 4))
        self.assertEqual(rows, self.explore("truncate", "run", "--thresholds", "2,1,0.5,0.04", size=grid(8, 4)))
        self.ok("sample", "run", "--count", 3, "--columns", 3, "--trunc", 0.5, "--out", "row.png")
        self.assertEqual(self.path("row.png").read_bytes(),
                         self.explore("truncate", "run", "--thresholds", "0.5", "--count", 3, size=grid(3, 1)))
        self.conditional()
        self.explore("truncate", "cond", "--thresholds", "1,0.5", size=grid(8, 6))
        self.refused(2, "--thresholds", "explore", "truncate", "run", "--out", "x.png", "--thresholds", "1,0")

    def test_arithmetic(self):
        operands = ["--seeds", "0-3", "--minus", "4,5", "--plus", "6"]
        sums = self.explore("arithmetic", "run", *operands, size=grid(5, 6))
        self.assertEqual(sums, self.explore("arithmetic", "run", *operands, size=grid(5, 6)))
        self.assertNotEqual(sums, self.explore("arithmetic", "run", *operands, "--spread", 1, size=grid(5, 6)))
        self.assertNotEqual(sums, self.explore("arithmetic", "run", *operands, "--seed", 1, size=grid(5, 6)))
        self.explore("arithmetic", "run", "--seeds", "0", "--minus", "1", "--plus", "2-30", size=grid(9, 6))
        self.conditional()
        self.explore("arithmetic", "cond", *operands, "--class", "1-2", size=grid(5, 12))
        self.refused(2, "--plus", "explore", "arithmetic", "run", "--out", "x.png", "--seeds", "0", "--minus", "1")
        self.refused(2, "seeds 'x'", "explore", "arithmetic", "run", "--out", "x.png", "--seeds", "0", "--minus", "x",
                     "--plus", "1")

    def test_the_autoencoder_that_generates_is_explored_too(self):
        self.ok("train", "vae", "--data", "shapes", "--out", "vae", "--nef", 4, "--ngf", 4, *SMALL)
        self.explore("interpolate", "vae", "--rows", 2, size=grid(8, 2))

    def test_what_makes_no_images_is_refused(self):
        self.ok("train", "dae", "--data", "shapes", "--out", "dae", "--nef", 4, "--ngf", 4, *SMALL)
        self.ok("train", "classifier", "--data", "shapes", "--out", "told", "--width", 4, *SMALL)
        self.ok("train", "gan", "--data", "8-gaussians", "--out", "points", "--steps", 1, "--batch", 8, "--quiet")
        for what, args in ("interpolate", []), ("truncate", []), ("arithmetic", ["--seeds", 0, "--minus", 1, "--plus", 2]):
            for run, message in (("dae", "the model dae makes no images"), ("told", "classifier makes no images"),
                                 ("points", "the model gan makes points here")):
                self.refused(2, message, "explore", what, run, "--out", "x.png", *args)
            self.refused(2, "ends in .png", "explore", what, "run", "--out", "x.jpg", *args)
            self.refused(2, "--class: the model dcgan knows no classes", "explore", what, "run", "--out", "x.png",
                         "--class", 1, *args)
            self.refused(1, "nothing", "explore", what, "nothing", "--out", "x.png", *args)
        self.refused(2, "", "explore")
        self.refused(2, "", "explore", "magic", "run")


class Direction(Case):
    def setUp(self):
        super().setUp()
        self.train("run", "--steps", 2, "--quiet")
        self.ok("train", "classifier", "--data", "shapes", "--out", "told", "--width", 4, *SMALL)

    def follow(self, run="run", *args):
        return ["explore", "direction", run, "--classifier", "told", "--out", "x.png", *args]

    def test_latents_move_and_the_report_tells_what_moved(self):
        args = self.follow("run", "--class", 3, "--hold", "0,5", "--count", 10, "--rows", 4, "--steps", 5, "--csv",
                           "r.csv")
        lines = self.ok(*args).splitlines()
        self.assertEqual(png_size(self.path("x.png")), grid(6, 4))
        self.assertEqual(lines[0].split(), ["class", "moved", "logit", "correlation", "probability", "correlation"])
        self.assertEqual(len(lines), 9)
        with open(self.path("r.csv"), newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([int(row["class"]) for row in rows], list(range(8)))
        self.assertEqual([row["role"] for row in rows],
                         ["held", "other", "other", "target", "other", "held", "other", "other"])
        self.assertGreater(float(rows[3]["logit_change"]), 0)
        self.assertEqual(float(rows[3]["logit_correlation"]), 1)
        for row in rows:
            for key in "logit_correlation", "probability_correlation":
                self.assertLessEqual(abs(float(row[key])), 1.000001)
        self.assertAlmostEqual(sum(float(row["probability_change"]) for row in rows), 0, places=4)

        png_bytes, report = self.path("x.png").read_bytes(), self.path("r.csv").read_bytes()
        self.assertEqual(self.ok(*args, "--quiet"), "")
        self.assertEqual((png_bytes, report), (self.path("x.png").read_bytes(), self.path("r.csv").read_bytes()))
        self.ok(*self.follow("run", "--feature", 3, "--count", 2, "--steps", 1, "--quiet"))
        self.assertEqual(png_size(self.path("x.png")), grid(2, 2))

    def test_a_generator_is_given_classes_of_its_own(self):
        self.ok("train", "cgan", "--data", "shapes", "--out", "cond", "--ngf", 4, "--ndf", 4, *SMALL)
        both = self.follow("cond", "--class", 1, "--count", 9, "--steps", 2, "--quiet")
        self.ok(*both)
        by_turns = self.path("x.png").read_bytes()
        self.ok(*both, "--given", "2")
        self.assertNotEqual(by_turns, self.path("x.png").read_bytes())
        self.refused(2, "class 8: the model knows 8", *both, "--given", "8")

    def test_what_does_not_fit_is_refused(self):
        self.refused(2, "class 8: the model knows 8, from 0 on", *self.follow("run", "--class", 8))
        self.refused(2, "classes 'b'", *self.follow("run", "--class", "b"))
        self.refused(2, "these are 2", *self.follow("run", "--class", "1,2"))
        self.refused(2, "class 9: the model knows 8", *self.follow("run", "--class", 1, "--hold", "9"))
        self.refused(2, "class 1 is to rise and is held too", *self.follow("run", "--class", 1, "--hold", "all"))
        self.refused(2, "--angle", *self.follow("run", "--class", 1, "--angle", 0))
        self.refused(2, "--given: the model dcgan knows no classes", *self.follow("run", "--class", 1, "--given", 1))
        self.refused(2, "run: its model tells no classes", "explore", "direction", "run", "--classifier", "run", "--class",
                     1, "--out", "x.png")
        self.refused(2, "the model classifier makes no images", *self.follow("told", "--class", 1))
        idx(self.path("digits/train-images-idx3-ubyte.gz"))
        self.train("grey", "--steps", 1, "--quiet", data="digits")
        self.refused(2, "grey: makes images of 16x16x1, the classifier was trained on 16x16x3",
                     *self.follow("grey", "--class", 1))
        self.refused(2, "--class", "explore", "direction", "run", "--classifier", "told", "--out", "x.png")
