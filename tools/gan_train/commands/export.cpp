// gan-train export RUN|FILE --network generator [--ema] --out FILE.safetensors
#include "tools/gan_train/commands/commands.h"
#include "tools/gan_train/commands/common.h"

namespace saddle {

Command add_export(CLI::App& app) {
  struct Arguments {
    std::string from, network = "generator", out;
    bool ema = false, quiet = false;
  };
  CLI::App* command = app.add_subcommand("export", "Write one network as a PyTorch state_dict (safetensors)");
  const auto args = std::make_shared<Arguments>();
  command->add_option("from", args->from, "a run folder, or a checkpoint")->required()->type_name("RUN|FILE");
  command->add_option("--network", args->network, "which one")->capture_default_str();
  command->add_flag("--ema", args->ema, "the moving average of its weights");
  command->add_option("--out", args->out, "the file to write")->required()->type_name("FILE");
  command->add_flag("--quiet", args->quiet, "print nothing but errors");
  return {command, [args] {
            const Checkpoint checkpoint = open_checkpoint(args->from, warnings(args->quiet));
            export_network(checkpoint, args->network, args->ema, args->out);
            return 0;
          }};
}

}  // namespace saddle
