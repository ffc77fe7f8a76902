// gan-train models [NAME]
#include <algorithm>
#include <iomanip>
#include <iostream>

#include "gan/game.h"
#include "tools/gan_train/commands/commands.h"
#include "tools/gan_train/commands/option_flags.h"

namespace saddle {
namespace {

/// Each line in two columns.
void print_table(const std::vector<std::pair<std::string, std::string>>& rows) {
  size_t width = 0;
  for (const auto& [left, right] : rows) width = std::max(width, left.size());
  for (const auto& [left, right] : rows)
    std::cout << "  " << std::left << std::setw(static_cast<int>(width)) << left << "  " << right << '\n';
}

int list_models() {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Model& model : models()) {
    rows.emplace_back(model.name, model.title);
    rows.emplace_back("", model.paper);
  }
  print_table(rows);
  return 0;
}

int describe_model(const Model& model) {
  std::cout << model.name << ": " << model.title << '\n' << model.paper << "\n\n";
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Option& option : model.options)
    rows.emplace_back("--" + option.name + " " + default_text(option), help_text(option));
  print_table(rows);
  return 0;
}

}  // namespace

Command add_models(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("models", "List the models, or the options of one with their defaults");
  const auto name = std::make_shared<std::string>();
  command->add_option("model", *name, "the model whose options to list")->type_name("NAME");
  return {command, [name] { return name->empty() ? list_models() : describe_model(find_model(*name)); }};
}

}  // namespace saddle
