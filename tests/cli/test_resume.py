"""Training that is stopped, in whatever way, and resumed ends with the same bytes."""
import signal

from harness import TINY, Case, png

STEPS = 120


class Resume(Case):
    def command(self, run, threads, steps=STEPS):
        return ["train", "dcgan", "--data", "shapes", "--out", self.path(run), *TINY, "--steps", steps,
                "--checkpoint-every", 17, "--log-every", 1, "--sample-every", 0, "--n-critic", 2, "--ema", "0.9",
                "--lr-schedule", "linear", "--flip", "--threads", threads]

    def final(self, run, step=STEPS):
        return self.checkpoint(run, step).read_bytes()

    def test_17_and_23_steps_are_40(self):
        for threads in 1, 2:
            run = f"run{threads}"
            self.ok(*self.command(run, threads, 17), "--lr-decay-end", 40)
            self.ok("resume", run, "--steps", 40, "--threads", 3 - threads)
            self.assertIn("steps = 40\n", (self.path(run) / "config.toml").read_text())
        self.ok(*self.command("whole", 2, 40), "--lr-decay-end", 40)
        self.assertEqual(self.final("run1", 40), self.final("whole", 40))
        self.assertEqual(self.final("run2", 40), self.final("whole", 40))

    def test_killed_or_stopped_and_resumed_it_comes_to_the_same(self):
        self.ok(*self.command("whole", 1))
        expected = self.final("whole")
        self.ok(*self.command("whole2", 2))
        self.assertEqual(self.final("whole2"), expected, "at 2 threads")
        for threads in 1, 2:
            for sent in signal.SIGKILL, signal.SIGINT, signal.SIGTERM:
                with self.subTest(signal=sent.name, threads=threads):
                    run = f"{sent.name}{threads}"
                    process = self.start(*self.command(run, threads))
                    self.read_until(process, "step 40/")
                    process.send_signal(sent)
                    out, err = process.communicate()
                    self.assertEqual(err, b"")
                    if sent == signal.SIGKILL:
                        self.assertEqual(process.returncode, -sent)
                        self.assertIn(34, self.checkpoints(run))
                    else:
                        self.assertEqual(process.returncode, 128 + sent)
                        self.assertRegex(out.decode(), r"stopped after step \d+, saved in .*; to go on: gan-train resume ")
                    self.assertLess(self.checkpoints(run)[-1], STEPS)
                    self.ok("resume", run)
                    self.assertEqual(self.final(run), expected)
                    self.assertEqual([line["step"] for line in self.log(run)], list(range(1, STEPS + 1)))

    def test_killed_before_its_first_checkpoint_it_starts_anew(self):
        self.ok(*self.command("whole", 1, 10))
        process = self.start(*self.command("run", 1))
        self.read_until(process, "step 1/")
        process.kill()
        process.communicate()
        for checkpoint in (self.path("run") / "checkpoints").iterdir():
            checkpoint.unlink()
        self.ok("resume", "run", "--steps", 10)
        self.assertEqual(self.final("run", 10), self.final("whole", 10))

    def test_resume_refuses_what_it_cannot_do(self):
        self.ok(*self.command("run", 1, 5))
        self.refused(2, "is at step 5 already; --steps is the total and cannot be 4", "resume", "run", "--steps", 4)
        self.assertIn("steps = 5\n", (self.path("run") / "config.toml").read_text())
        self.assertRegex(self.ok("resume", "run"), "done: run/checkpoints/step-000005.safetensors\n")
        self.assertEqual(self.ok("resume", "run", "--quiet"), "")
        self.refused(1, "nothing: no such run folder", "resume", "nothing")
        self.refused(1, "has no config.toml", "resume", ".")
        self.refused(2, "--lr-g", "resume", "run", "--lr-g", "1")

    def test_two_cannot_train_in_one_run(self):
        process = self.start(*self.command("run", 1))
        self.read_until(process, "step 1/")
        self.refused(1, "another process is training in this run", "resume", "run")
        process.kill()
        process.communicate()

    def test_changed_data_are_noticed(self):
        for name in "abc":
            png(self.path(f"data/{name}.png"))
        self.train("run", "--steps", 2, data="data")
        png(self.path("data/d.png"))
        done = self.run_it("resume", "run", "--steps", 3)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"\Agan-train: warning: the data has changed: it was .*3 images, now it is .*4 images")
