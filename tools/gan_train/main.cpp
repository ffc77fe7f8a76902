// gan-train: the command line. Each command is a file in commands/; here stand what they have in common: the
// choice between them, errors as one line, and the exit codes.
//
//   0 done    1 the work failed    2 wrong usage    130, 143 stopped by SIGINT, SIGTERM after saving
#include <algorithm>
#include <csignal>
#include <iostream>
#include <new>

#include "core/error.h"
#include "tools/gan_train/commands/commands.h"

namespace {

using namespace saddle;

int run(int argc, char** argv) {
  CLI::App app("Trains GANs natively.", "gan-train");
  app.set_version_flag("--version", "gan-train " SADDLE_VERSION, "Print the version and exit");
  app.require_subcommand(0, 1);
  // clang-format off
  const std::vector<Command> commands = {
      add_train(app),
      add_resume(app),
      add_sample(app),
      add_explore(app),
      add_reconstruct(app),
      add_evaluate(app),
      add_attack(app),
      add_study(app),
      add_modes(app),
      add_export(app),
      add_models(app),
      add_data(app),
      add_info(app),
  };
  // clang-format on
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {  // --help, --version
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    throw UsageError(concat(e.what(), "; --help lists what there is"));
  }
  for (const Command& command : commands)
    if (command.app->parsed()) return command.run();
  std::string names;
  for (const Command& command : commands) names += (names.empty() ? "" : ", ") + command.app->get_name();
  throw UsageError("name a command: " + names + "; --help tells more");
}

int fail(int status, std::string text) {
  std::ranges::replace(text, '\n', ' ');
  std::cerr << "gan-train: error: " << text << '\n';
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  // A limit on the size of files then fails the write that meets it, which is reported like a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    const int status = run(argc, argv);
    require<Error>(std::cout.flush().good(), "standard output cannot be written");
    return status;
  } catch (const UsageError& e) {
    return fail(2, e.what());
  } catch (const std::bad_alloc&) {
    return fail(1, "out of memory");
  } catch (const std::exception& e) {
    return fail(1, e.what());
  }
}
