// saddle-bench: what the machine can do, what kernels reach of it, and what a training step takes.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "bench/ceilings.h"
#include "bench/kernels.h"
#include "bench/step.h"
#include "core/error.h"
#include "core/thread_pool.h"

namespace {

int run(int argc, char** argv) {
  using namespace saddle;
  CLI::App app("Measures Saddle's speed.", "saddle-bench");
  app.require_subcommand(1);
  const char* const devices = "cpu, cuda, emulated";
  int threads = 0;
  const auto add_threads = [&](CLI::App* command) {
    command->add_option("--threads", threads, "threads of CPU kernels; all processors unless given");
  };

  bench::StepOptions step;
  CLI::App* step_command = app.add_subcommand("step", "time a model's training step; prints a line of JSON");
  step_command->add_option("MODEL", step.model, "the workload: dcgan, wgan-gp, cyclegan, pix2pix")
      ->required();
  step_command->add_option("--device", step.device, devices)->capture_default_str();
  step_command->add_option("--batch", step.batch, "images a step; the workload's own unless given");
  step_command->add_option("--size", step.size,
                           "height and width of the images; the workload's own unless given");
  step_command->add_flag("--graph,!--no-graph", step.graph, "on a GPU, steps are captured once and replayed");
  step_command->add_option("--steps", step.steps, "steps to time, after some to warm up")
      ->capture_default_str();
  step_command->add_option("--precision", step.precision, "fp32, or on a GPU tf32 or bf16");
  add_threads(step_command);

  bench::KernelsOptions kernels;
  CLI::App* kernels_command = app.add_subcommand("kernels", "time kernels on the layers of the models");
  kernels_command->add_option("FAMILY", kernels.family, "conv, matmul, …; all unless given");
  kernels_command->add_option("--device", kernels.device, devices)->capture_default_str();
  kernels_command->add_option("--precision", kernels.precision, "fp32; on a GPU also tf32, bf16")
      ->capture_default_str();
  kernels_command->add_flag("--small", kernels.small, "shapes cut down: shows that everything runs");
  kernels_command->add_option("--peer-seconds", kernels.peer_seconds, "for trying the peer's ways, a layer")
      ->capture_default_str();
  add_threads(kernels_command);

  std::string ceilings_device = "cpu";
  CLI::App* ceilings_command = app.add_subcommand("ceilings", "measure multiply-add rate and bandwidth");
  ceilings_command->add_option("--device", ceilings_device, "cpu, cuda")->capture_default_str();
  add_threads(ceilings_command);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (threads != 0) set_num_threads(threads);
  if (step_command->parsed()) bench::print_step(step);
  if (kernels_command->parsed()) bench::print_kernels(kernels);
  if (ceilings_command->parsed()) bench::print_ceilings(parse_device(ceilings_device));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const saddle::UsageError& error) {
    std::fprintf(stderr, "saddle-bench: error: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "saddle-bench: error: %s\n", error.what());
    return 1;
  }
}
