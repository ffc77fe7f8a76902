#include "tools/gan_train/commands/option_flags.h"

namespace saddle {

void OptionFlags::add(CLI::App& app, const std::vector<Option>& options, const std::string& group,
                      Defaults defaults) {
  for (const Option& option : options) {
    CLI::Option* flag = nullptr;
    const std::string help = help_text(option);
    if (std::holds_alternative<bool>(option.value)) {
      flag = app.add_flag("--" + option.name + ",!--no-" + option.name, help);
    } else {
      // Values are read and checked by Settings, the same way as those of a file.
      flag = app.add_option("--" + option.name, CLI::callback_t([](const CLI::results_t&) { return true; }),
                            help_text(option));
      flag->type_name(std::holds_alternative<std::string>(option.value) ? "TEXT" : "N");
      if (defaults == Defaults::shown) flag->default_str(default_text(option));
    }
    flag->group(group);
    flags_.emplace_back(option.name, flag);
  }
}

void OptionFlags::apply(Settings& settings) const {
  for (const auto& [name, flag] : flags_)
    if (flag->count() > 0) settings.set_text(name, flag->results().back());
}

std::string default_text(const Option& option) {
  if (const auto* text = std::get_if<std::string>(&option.value)) return *text;
  return to_toml(option.value);
}

std::string help_text(const Option& option) {
  const std::string allowed = allowed_text(option);
  return allowed.empty() ? option.help : option.help + " (" + allowed + ")";
}

}  // namespace saddle
