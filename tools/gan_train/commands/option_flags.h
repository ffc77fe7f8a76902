// Flags of the command line made from options, so that an option is declared once.
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "gan/settings.h"

namespace saddle {

/// `--lr-g`, its default and help for each option; `--flip` and `--no-flip` for one that is true or false.
class OptionFlags {
 public:
  /// Whether the help tells defaults: not where a flag that is missing leaves a value as it was.
  enum class Defaults { shown, hidden };

  /// Adds flags to `app`, under the headline `group` of its help.
  void add(CLI::App& app, const std::vector<Option>& options, const std::string& group,
           Defaults defaults = Defaults::shown);
  /// Sets what the command line gave. Throws UsageError as Settings do.
  void apply(Settings& settings) const;

 private:
  std::vector<std::pair<std::string, CLI::Option*>> flags_;
};

/// An option's default, for people: text without quotes.
std::string default_text(const Option& option);
/// An option's help and, in parentheses, what it allows.
std::string help_text(const Option& option);

}  // namespace saddle
