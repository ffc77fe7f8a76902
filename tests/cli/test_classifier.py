"""Classifiers: trained, evaluated on data and on generators."""
import json

from harness import Case, idx, png, png_size

SMALL = ["--size", "16", "--width", "4", "--batch", "8", "--quiet"]


class Told(Case):
    def infogan(self):
        self.ok("train", "infogan", "--data", "shapes", "--out", "made", "--steps", 1, "--size", 16, "--ngf", 4,
                "--ndf", 4, "--nz", 16, "--batch", 8, "--categories", 8, "--quiet")

    def classifier(self, run="told", *args):
        self.ok("train", "classifier", "--data", "shapes", "--out", run, "--steps", 3, *SMALL, *args)


class Classifier(Told):
    def test_a_classifier_trains_without_samples_and_is_evaluated(self):
        self.classifier()
        self.assertEqual(list((self.path("told") / "samples").iterdir()), [])
        self.assertIn("classes = 8\n", (self.path("told") / "config.toml").read_text())
        for key in "loss", "accuracy":
            self.assertIn(key, self.log("told")[-1])
        out = self.ok("evaluate", "told", "--data", "shapes", "--count", 40, "--json", "e.json").splitlines()
        self.assertRegex(out[0], r"^accuracy [\d.]+ of 40 images: shapes")
        self.assertEqual(len(out), 10)
        report = json.loads(self.path("e.json").read_text())
        self.assertEqual([c["images"] for c in report["classes"]], [5] * 8)
        self.assertEqual([sum(c["taken_for"]) for c in report["classes"]], [5] * 8)
        right = sum(c["taken_for"][i] for i, c in enumerate(report["classes"]))
        self.assertAlmostEqual(report["accuracy"], right / 40)
        self.assertEqual(self.ok("evaluate", "told", "--data", "shapes", "--count", 8, "--quiet"), "")
        self.assertIn("classifier: ", self.ok("info", self.checkpoint("told", 3)))
        self.ok("export", "told", "--network", "classifier", "--out", "c.safetensors")

    def test_a_classifier_goes_on_where_it_stopped(self):
        self.classifier("straight", "--seed", 5)
        self.ok("train", "classifier", "--data", "shapes", "--out", "short", "--steps", 2, "--seed", 5, *SMALL)
        self.ok("resume", "short", "--steps", 3, "--quiet")
        straight, short = (self.checkpoint(run, 3).read_bytes() for run in ("straight", "short"))
        self.assertEqual(straight, short)

    def test_categories_that_were_found_are_matched_to_labels(self):
        self.infogan()
        out = self.ok("evaluate", "made", "--data", "shapes", "--count", 40, "--json", "e.json").splitlines()
        self.assertRegex(out[0], r"^accuracy [\d.]+ of 40 images: shapes.*; categories matched one to one$")
        self.assertIn("matched", out[1])
        report = json.loads(self.path("e.json").read_text())
        self.assertEqual(sorted(c["matched"] for c in report["classes"]), list(range(8)))
        self.assertAlmostEqual(report["accuracy"], sum(c["taken_for"][i] for i, c in enumerate(report["classes"])) / 40)
        self.refused(2, "made: its model found categories by itself", "attack", "made", "--data", "shapes")

    def test_a_generator_is_judged_by_the_class_asked_for(self):
        self.classifier()
        self.infogan()
        out = self.ok("evaluate", "told", "--generator", "made", "--count", 20, "--json", "e.json")
        self.assertRegex(out, r"^accuracy [\d.]+ of 20 images by infogan, step 1; categories matched one to one\n")
        self.assertEqual([c["images"] for c in json.loads(self.path("e.json").read_text())["classes"]],
                         [3, 3, 3, 3, 2, 2, 2, 2])

    def test_what_does_not_fit_is_refused(self):
        self.classifier()
        for i in range(4):
            png(self.path(f"plain/{i}.png"))
        self.refused(2, "classifier learns from labels, and the data has none", "train", "classifier", "--data", "plain",
                     "--out", "x")
        self.refused(2, "the data has no labels", "evaluate", "told", "--data", "plain")
        self.refused(2, "evaluate on one of two", "evaluate", "told")
        self.refused(2, "evaluate on one of two", "evaluate", "told", "--data", "shapes", "--generator", "told")
        self.refused(2, "the model classifier makes no images", "sample", "told", "--out", "x.png")
        self.refused(2, "the generator makes images of 0 classes, the classifier tells 8", "evaluate", "told",
                     "--generator", "told")
        self.train("dcgan", "--steps", 1, "--quiet")
        self.refused(2, "dcgan: its model tells no classes", "evaluate", "dcgan", "--data", "shapes")
        idx(self.path("digits/train-images-idx3-ubyte.gz"))
        self.train("grey", "--steps", 1, "--quiet", data="digits")
        self.refused(2, "grey: makes images of 16x16x1, the classifier was trained on 16x16x3", "evaluate", "told",
                     "--generator", "grey")
        self.refused(1, "nothing", "evaluate", "nothing", "--data", "shapes")


class Augmentation(Told):
    def test_a_classifier_learns_from_a_generator_too_and_goes_on(self):
        self.infogan()
        args = ["--generator", "made", "--generated", 16, "--p-real", 0.5]
        self.classifier("straight", *args)
        out = self.ok("train", "classifier", "--data", "shapes", "--out", "short", "--steps", 2,
                      *[a for a in SMALL if a != "--quiet"], *args)
        self.assertIn("0.5 of all; and made by infogan, step 1, 16 images 16x16", out)
        self.ok("resume", "short", "--steps", 3, "--quiet")
        straight, short = (self.checkpoint(run, 3).read_bytes() for run in ("straight", "short"))
        self.assertEqual(straight, short)
        self.assertNotIn(str(self.folder).encode(), straight)
        self.ok("evaluate", "straight", "--data", "shapes", "--count", 8, "--quiet")

    def test_shares_that_make_no_sense_are_refused(self):
        train = ["train", "classifier", "--data", "shapes", "--out", "x"]
        self.refused(2, "there are real images alone", *train, "--p-real", 0.5)
        self.refused(2, "leaves no place", *train, "--generator", "x")
        self.refused(1, "nothing", *train, "--generator", "nothing", "--p-real", 0.5)
        self.classifier()
        self.refused(2, "told: makes images of 0 classes, the data has 8", *train, "--generator", "told", "--p-real", 0)

    def test_a_study_draws_accuracy_over_shares(self):
        self.infogan()
        args = ["study", "augmentation", "--data", "shapes", "--test", "shapes", "--generator", "made", "--generated", 16,
                "--out", "study", "--images", 24, "--test-count", 16, "--steps", 2, "--size", 16, "--width", 4,
                "--batch", 8]
        out = self.ok(*args, "--p-real", "1,0.5,0", "--repeats", 2).splitlines()
        self.assertEqual([line.split(":")[0] for line in out], ["p_real 1", "p_real 0.5", "p_real 0"])
        lines = self.path("study.csv").read_text().splitlines()
        self.assertEqual(lines[0], "p_real,seed,accuracy")
        self.assertEqual([line.rsplit(",", 1)[0] for line in lines[1:]], ["1,0", "1,1", "0.5,0", "0.5,1", "0,0", "0,1"])
        self.assertEqual(png_size(self.path("study.png")), (800, 600))
        self.refused(2, "is not from 0.01 to 0.99", *args, "--p-real", "0.001")
        self.refused(2, "", "study")


class Adaptation(Told):
    def dann(self, run, *args):
        return self.ok("train", "dann", "--data", "shapes", "--out", run, "--domain-width", 8,
                       *[a for a in SMALL if a != "--quiet"], *args)

    def digits(self):
        """A target in grey, whose labels would not fit."""
        idx(self.path("digits/train-images-idx3-ubyte.gz"))
        return ["--target", "digits"]

    def test_it_adapts_goes_on_and_is_evaluated_on_either_side(self):
        target = self.digits()
        out = self.dann("straight", "--steps", 4, "--lambda-end", 4, *target)
        self.assertRegex(out, r"0\.5 of all; and IDX, 20 images 8x8, without labels")
        for key in "loss", "accuracy", "loss_domain", "accuracy_domain", "lambda":
            self.assertIn(key, self.log("straight")[-1])
        self.assertIn(f'target = "{self.path("digits")}"\n', (self.path("straight") / "config.toml").read_text())
        self.dann("short", "--steps", 2, "--lambda-end", 4, *target)
        self.ok("resume", "short", "--steps", 4, "--quiet")
        straight, short = (self.checkpoint(run, 4).read_bytes() for run in ("straight", "short"))
        self.assertEqual(straight, short)
        self.assertNotIn(str(self.folder).encode(), straight)
        self.dann("other", "--steps", 4, "--lambda-end", 4, "--lambda", 0, *target)
        self.assertEqual([line["lambda"] for line in self.log("other")], [0.0])
        self.assertNotEqual(self.checkpoint("other", 4).read_bytes(), straight)
        self.ok("evaluate", "straight", "--data", "shapes", "--count", 8, "--quiet")
        self.ok("attack", "straight", "--data", "shapes", "--count", 8)

    def test_colour_of_either_side_counts(self):
        for source, target, channels in ("digits", "shapes", 3), ("shapes", "digits", 3), ("digits", "digits", 1):
            idx(self.path("digits/train-images-idx3-ubyte.gz"))
            labels = bytes([0, 0, 8, 1, 0, 0, 0, 20]) + bytes(i % 4 for i in range(20))
            self.path("digits/train-labels-idx1-ubyte").write_bytes(labels)
            out = self.ok("train", "dann", "--data", source, "--target", target, "--dry-run")
            self.assertIn(f"channels = {channels}\n", out)

    def test_what_does_not_fit_is_refused(self):
        train = ["train", "dann", "--data", "shapes", "--out", "x"]
        self.refused(2, "option 'target' names where they come from", *train)
        self.refused(2, "dann learns images, and these are points", *train, "--target", "8-gaussians")
        self.refused(1, "nothing", *train, "--target", "nothing")
        self.refused(2, "learns from labels, and the data has none", "train", "dann", "--data", self.digits()[1],
                     "--target", "shapes", "--out", "x")
        self.dann("told", "--steps", 1, "--target", "shapes")
        self.refused(2, "the model dann makes no images", "sample", "told", "--out", "x.png")


class Attack(Told):
    def test_attacks_are_measured_and_shown(self):
        self.classifier()
        out = self.ok("attack", "told", "--data", "shapes", "--count", 10, "--out", "grid.png")
        self.assertRegex(out, r"^accuracy [\d.]+ clean, [\d.]+ attacked by fgsm within 0.1000, of 10 images\n$")
        self.assertEqual(png_size(self.path("grid.png")), (8 * 18 - 2, 3 * 18 - 2))
        args = ["attack", "told", "--data", "shapes", "--count", 10, "--method", "pgd", "--steps", 3, "--step", 0.05]
        self.assertEqual(self.ok(*args), self.ok(*args))

    def test_what_does_not_fit_is_refused(self):
        self.classifier()
        self.refused(2, "--method", "attack", "told", "--data", "shapes", "--method", "magic")
        self.refused(2, "--eps", "attack", "told", "--data", "shapes", "--eps", 0)
        self.refused(2, "are for --method pgd", "attack", "told", "--data", "shapes", "--steps", 3)
        self.refused(2, "ends in .png", "attack", "told", "--data", "shapes", "--out", "x.jpg")
        self.train("dcgan", "--steps", 1, "--quiet")
        self.refused(2, "dcgan: its model tells no classes", "attack", "dcgan", "--data", "shapes")
