#include "gan/settings.h"

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "core/error.h"

namespace saddle {
namespace {

constexpr double unbounded = 1e300;

/// A TOML basic string.
std::string quoted(const std::string& text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (byte < 0x20 || byte == 0x7F)
      out += {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
    else
      out += c;
  }
  return out + '"';
}

/// The shortest text that reads back as the same number, without exponent where that stays readable.
std::string shortest(double x) {
  char buffer[64];
  const double size = std::abs(x);
  const auto format =
      x == 0 || (size >= 1e-6 && size < 1e15) ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, x, format).ptr;
  std::string text(buffer, end);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";  // TOML's 1 is an integer
  return text;
}

/// Text that TOML cannot hold would make a run whose settings cannot be read again.
bool is_unicode(const std::string& text) {
  try {
    return toml::parse("x = " + quoted(text)).contains("x");
  } catch (const toml::parse_error&) {
    return false;
  }
}

template <class T>
std::optional<T> parse_number(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

const char* type_name(const SettingValue& value) {
  static constexpr const char* names[] = {"true or false", "a whole number", "a number", "text"};
  return names[value.index()];
}

std::string range_text(const Option& option) {
  const auto bound = [&](double x) {
    return std::holds_alternative<int64_t>(option.value) && std::abs(x) < 0x1p53
               ? std::to_string(static_cast<int64_t>(x))
               : shortest(x);
  };
  if (option.min > -unbounded && option.max < unbounded)
    return "from " + bound(option.min) + " to " + bound(option.max);
  if (option.min > -unbounded) return "at least " + bound(option.min);
  if (option.max < unbounded) return "at most " + bound(option.max);
  return "finite";
}

std::string choices_text(const Option& option) {
  std::string text;
  for (const std::string& choice : option.choices) text += (text.empty() ? "one of " : ", ") + choice;
  return text;
}

/// `value` as the option's own type; throws E that says what is allowed.
template <class E>
SettingValue checked(const Option& option, SettingValue value) {
  const auto fail = [&](const std::string& rule) {
    throw E(concat("option '", option.name, "': ", to_toml(value), " is not ", rule));
  };
  if (std::holds_alternative<double>(option.value) && std::holds_alternative<int64_t>(value))
    value = static_cast<double>(std::get<int64_t>(value));
  if (value.index() != option.value.index()) fail(type_name(option.value));

  const auto check_range = [&](double x) {
    if (!(x >= option.min && x <= option.max)) fail(range_text(option));
  };
  if (const auto* x = std::get_if<int64_t>(&value)) check_range(static_cast<double>(*x));
  if (const auto* x = std::get_if<double>(&value)) check_range(*x);
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (!is_unicode(*text)) fail("UTF-8 text");
    if (!option.choices.empty() && !std::ranges::count(option.choices, *text)) fail(choices_text(option));
  }
  return value;
}

/// Levenshtein's: insertions, deletions and replacements from one to the other.
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

/// Throws for a name that `options` do not have.
[[noreturn]] void fail_unknown(const std::string& name, const std::vector<Option>& options) {
  std::string text = "unknown option '" + name + "'";
  const auto distance = [&](const Option& option) { return edit_distance(name, option.name); };
  const auto nearest = std::ranges::min_element(options, {}, distance);
  if (nearest != options.end() && distance(*nearest) <= std::max<size_t>(2, name.size() / 3))
    text += "; did you mean '" + nearest->name + "'?";
  throw UsageError(text);
}

SettingValue from_toml(const toml::node& node, const std::string& name) {
  if (const auto* x = node.as_boolean()) return x->get();
  if (const auto* x = node.as_integer()) return x->get();
  if (const auto* x = node.as_floating_point()) return x->get();
  if (const auto* x = node.as_string()) return x->get();
  throw UsageError(concat("option '", name, "': ", node.type(),
                          " where a value should be; options are lines `name = value`"));
}

}  // namespace

std::string to_toml(const SettingValue& value) {
  struct {
    std::string operator()(bool x) const { return x ? "true" : "false"; }
    std::string operator()(int64_t x) const { return std::to_string(x); }
    std::string operator()(double x) const { return shortest(x); }
    std::string operator()(const std::string& x) const { return quoted(x); }
  } writer;
  return std::visit(writer, value);
}

std::string allowed_text(const Option& option) {
  if (std::holds_alternative<bool>(option.value)) return "";
  if (std::holds_alternative<std::string>(option.value)) return choices_text(option);
  return option.min > -unbounded || option.max < unbounded ? range_text(option) : "";
}

Settings::Settings(std::vector<Option> options) {
  add(options);
}

void Settings::add(const std::vector<Option>& options) {
  for (const Option& option : options) {
    checked<Error>(option, option.value);
    const auto same = std::ranges::find(options_, option.name, &Option::name);
    if (same == options_.end())
      options_.push_back(option);
    else
      *same = option;
    if (const auto given = given_.find(option.name); given != given_.end()) set(option.name, given->second);
  }
}

const Option* Settings::find(const std::string& name) const {
  const auto found = std::ranges::find(options_, name, &Option::name);
  return found == options_.end() ? nullptr : &*found;
}

void Settings::set(const std::string& name, const SettingValue& value) {
  const Option* option = find(name);
  if (option == nullptr) fail_unknown(name, options_);
  given_[name] = checked<UsageError>(*option, value);
}

void Settings::set_text(const std::string& name, const std::string& text) {
  const Option* option = find(name);
  if (option == nullptr) fail_unknown(name, options_);
  const auto parse = [&]() -> std::optional<SettingValue> {
    if (std::holds_alternative<std::string>(option->value)) return text;
    if (std::holds_alternative<int64_t>(option->value)) return parse_number<int64_t>(text);
    if (std::holds_alternative<double>(option->value)) return parse_number<double>(text);
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
    return std::nullopt;
  };
  const auto value = parse();
  require<UsageError>(value.has_value(), "option '", name, "': ", quoted(text), " is not ",
                      type_name(option->value));
  set(name, *value);
}

std::string Settings::to_toml() const {
  std::string out;
  for (const Option& option : options_) {
    if (!option.help.empty()) out += "# " + option.help + "\n";
    out += option.name + " = " + saddle::to_toml(value(option.name)) + "\n";
  }
  return out;
}

void Settings::read_toml(const std::string& toml, const std::string& origin) {
  toml::table table;
  try {
    table = toml::parse(toml);
  } catch (const toml::parse_error& e) {
    throw UsageError(concat(origin, ":", e.source().begin.line, ": ", e.description()));
  }
  Settings read = *this;  // an error leaves this one as it was
  for (const auto& [key, node] : table) {
    try {
      const std::string name(key.str());
      if (find(name) == nullptr) fail_unknown(name, options_);
      read.set(name, from_toml(node, name));
    } catch (const UsageError& e) {
      throw UsageError(concat(origin, ":", key.source().begin.line, ": ", e.what()));
    }
  }
  *this = std::move(read);
}

const SettingValue& Settings::value(const std::string& name) const {
  if (const auto given = given_.find(name); given != given_.end()) return given->second;
  const Option* option = find(name);
  require<Error>(option != nullptr, "settings: no option '", name, "' was declared");
  return option->value;
}

template <class T>
const T& Settings::get(const std::string& name) const {
  const T* held = std::get_if<T>(&value(name));
  require<Error>(held != nullptr, "settings: option '", name, "' is ", type_name(value(name)));
  return *held;
}

template const bool& Settings::get(const std::string&) const;
template const int64_t& Settings::get(const std::string&) const;
template const double& Settings::get(const std::string&) const;
template const std::string& Settings::get(const std::string&) const;

}  // namespace saddle
