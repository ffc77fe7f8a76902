// Options of models and of training: declared once, then read from the command line, a TOML file and
// defaults.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace saddle {

using SettingValue = std::variant<bool, int64_t, double, std::string>;

/// One option. Its type is that of its default.
struct Option {
  std::string name;  ///< as on the command line and in TOML: `lr-g`
  SettingValue value;
  std::string help;
  /// Numbers: the least and greatest value allowed.
  double min = -1e300, max = 1e300;
  /// Text: what is allowed; empty for anything.
  std::vector<std::string> choices = {};
};

/// As TOML: `true`, `64`, `0.0002`, `"bce"`. Reads back to the same bit.
std::string to_toml(const SettingValue& value);
/// What an option allows, for people: `from 1 to 4096`, `at least 0`, `one of bce, lsgan`; empty for
/// anything.
std::string allowed_text(const Option& option);

/// Resolved options. Every access names an option that exists; anything else is a programming error.
class Settings {
 public:
  Settings() = default;
  /// The defaults of `options`.
  explicit Settings(std::vector<Option> options);

  /// Adds options; one of the same name replaces the earlier one's default, range and help.
  void add(const std::vector<Option>& options);
  const std::vector<Option>& options() const { return options_; }
  /// nullptr if there is no such option.
  const Option* find(const std::string& name) const;

  /// Throws UsageError that names the option, the value and what is allowed, for an unknown name, a value of
  /// the wrong type, out of range or not among the choices. An integer is accepted for a floating option.
  void set(const std::string& name, const SettingValue& value);
  /// As set, from text as on the command line; `true`, `false`, `1`, `0` for a bool.
  void set_text(const std::string& name, const std::string& text);
  /// True once set() was called for it: the value no longer is the default.
  bool is_set(const std::string& name) const { return given_.contains(name); }

  /// Of the option's own type, as are those below: another one is a programming error too.
  const SettingValue& value(const std::string& name) const;
  bool flag(const std::string& name) const { return get<bool>(name); }
  int64_t integer(const std::string& name) const { return get<int64_t>(name); }
  double number(const std::string& name) const { return get<double>(name); }
  const std::string& text(const std::string& name) const { return get<std::string>(name); }

  /// `name = value` lines in the options' order, values as TOML, each option's help as a comment.
  std::string to_toml() const;
  /// Sets what the TOML text gives; `origin` names it in errors, which also give the line.
  void read_toml(const std::string& toml, const std::string& origin);

 private:
  template <class T>
  const T& get(const std::string& name) const;

  std::vector<Option> options_;
  std::map<std::string, SettingValue> given_;
};

}  // namespace saddle
