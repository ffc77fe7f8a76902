// Settings: values from text and TOML, what is refused and how, and that a written file reads back the same.
#include "gan/settings.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "core/error.h"

using namespace saddle;
using Catch::Contains;

namespace {

Settings some() {
  return Settings(
      {{"batch", int64_t{64}, "images a step", 1, 4096},
       {"lr-g", 2e-4, "learning rate", 0, 10},
       {"seed", int64_t{0}, "", 0},
       {"shift", 0.0, ""},
       {"flip", false, "mirror at random"},
       {.name = "loss", .value = std::string("bce"), .help = "objective", .choices = {"bce", "lsgan"}},
       {"data", std::string(), "source"}});
}

const double huge = std::numeric_limits<double>::max();

}  // namespace

TEST_CASE("settings give defaults until they are set", "[gan][settings]") {
  Settings settings = some();
  CHECK(settings.integer("batch") == 64);
  CHECK(settings.number("lr-g") == 2e-4);
  CHECK(!settings.flag("flip"));
  CHECK(settings.text("loss") == "bce");
  CHECK(!settings.is_set("batch"));
  settings.set("batch", int64_t{64});
  CHECK(settings.is_set("batch"));
  settings.set("lr-g", int64_t{1});
  CHECK(settings.number("lr-g") == 1);
  CHECK(settings.find("lr-g")->help == "learning rate");
  CHECK(settings.find("lr") == nullptr);
}

TEST_CASE("a later option replaces an earlier one and keeps what was given", "[gan][settings]") {
  Settings settings = some();
  settings.set("lr-g", 0.5);
  settings.add({{"batch", int64_t{8}, "fewer", 1}, {"nz", int64_t{100}, "latents"}});
  CHECK(settings.integer("batch") == 8);
  CHECK(settings.integer("nz") == 100);
  CHECK(settings.options().front().help == "fewer");
  CHECK(settings.options().size() == some().options().size() + 1);
  settings.add({{"lr-g", 0.1, "", 0, 1}});
  CHECK(settings.number("lr-g") == 0.5);
  CHECK_THROWS_AS(settings.add({{"lr-g", 0.1, "", 0, 0.2}}), UsageError);
}

TEST_CASE("settings from text", "[gan][settings]") {
  Settings settings = some();
  settings.set_text("batch", "16");
  settings.set_text("lr-g", "1e-3");
  settings.set_text("flip", "1");
  settings.set_text("loss", "lsgan");
  settings.set_text("data", "a b");
  CHECK(settings.integer("batch") == 16);
  CHECK(settings.number("lr-g") == 1e-3);
  CHECK(settings.flag("flip"));
  CHECK(settings.text("data") == "a b");
  settings.set_text("flip", "false");
  CHECK(!settings.flag("flip"));
}

TEST_CASE("settings refuse what an option cannot be", "[gan][settings]") {
  Settings settings = some();
  const auto refused = [&](const std::string& name, const std::string& text, const std::string& message) {
    CHECK_THROWS_AS(settings.set_text(name, text), UsageError);
    CHECK_THROWS_WITH(settings.set_text(name, text), message);
  };
  refused("batch", "0", "option 'batch': 0 is not from 1 to 4096");
  refused("batch", "1e3", "option 'batch': \"1e3\" is not a whole number");
  refused("batch", "12 ", "option 'batch': \"12 \" is not a whole number");
  refused("batch", "99999999999999999999", "option 'batch': \"99999999999999999999\" is not a whole number");
  refused("seed", "-1", "option 'seed': -1 is not at least 0");
  refused("lr-g", "-0.5", "option 'lr-g': -0.5 is not from 0.0 to 10.0");
  refused("lr-g", "nan", "option 'lr-g': nan is not from 0.0 to 10.0");
  refused("lr-g", "", "option 'lr-g': \"\" is not a number");
  refused("shift", "inf", "option 'shift': inf is not finite");
  refused("flip", "yes", "option 'flip': \"yes\" is not true or false");
  refused("loss", "bec", "option 'loss': \"bec\" is not one of bce, lsgan");
  refused("data", "caf\xE9", "option 'data': \"caf\xE9\" is not UTF-8 text");
  refused("lr_g", "1", "unknown option 'lr_g'; did you mean 'lr-g'?");
  refused("bacth", "1", "unknown option 'bacth'; did you mean 'batch'?");
  refused("perceptual", "1", "unknown option 'perceptual'");
  CHECK_THROWS_WITH(settings.set("batch", 1.5), "option 'batch': 1.5 is not a whole number");
  CHECK_THROWS_WITH(settings.set("batch", true), "option 'batch': true is not a whole number");
  CHECK(settings.to_toml() == some().to_toml());
  for (const Option& option : settings.options()) CHECK(!settings.is_set(option.name));
}

TEST_CASE("options that nobody declared are errors of the program", "[gan][settings]") {
  CHECK_THROWS_WITH(some().integer("nz"), "settings: no option 'nz' was declared");
  CHECK_THROWS_WITH(some().integer("lr-g"), "settings: option 'lr-g' is a number");
  CHECK_THROWS_WITH(Settings({{"x", 2.0, "", 0, 1}}), "option 'x': 2.0 is not from 0.0 to 1.0");
}

TEST_CASE("settings are written as TOML with their help", "[gan][settings]") {
  Settings settings({{"lr-g", 2e-4, "learning rate", 0}, {"batch", int64_t{64}, ""}, {"shift", 1.0, ""}});
  CHECK(settings.to_toml() == "# learning rate\nlr-g = 0.0002\nbatch = 64\nshift = 1.0\n");
}

TEST_CASE("written settings read back the same to the bit", "[gan][settings]") {
  const auto round_trip = [](const char* name, const SettingValue& value) {
    Settings settings(
        {{"i", int64_t{0}, ""}, {"x", 0.0, "", -huge, huge}, {"b", false, ""}, {"s", std::string(), ""}});
    settings.set(name, value);
    Settings read(settings.options());
    read.read_toml(settings.to_toml(), "test");
    INFO(settings.to_toml());
    CHECK(read.to_toml() == settings.to_toml());
    if (const auto* i = std::get_if<int64_t>(&value)) CHECK(read.integer(name) == *i);
    if (const auto* b = std::get_if<bool>(&value)) CHECK(read.flag(name) == *b);
    if (const auto* s = std::get_if<std::string>(&value)) CHECK(read.text(name) == *s);
    if (const auto* x = std::get_if<double>(&value)) {
      CHECK(read.number(name) == *x);
      CHECK(std::signbit(read.number(name)) == std::signbit(*x));
    }
  };
  for (const int64_t i : {int64_t{0}, int64_t{-1}, int64_t{1} << 53, std::numeric_limits<int64_t>::min(),
                          std::numeric_limits<int64_t>::max()})
    round_trip("i", i);
  for (const double x :
       {0.0, -0.0, 1.0, -2.0, 0.1, 1.0 / 3, 2e-4, 1e-7, 5e-324, 1e15, 123456789.125, 1e22, huge, -huge})
    round_trip("x", x);
  round_trip("b", true);
  for (const char* s : {"", "plain", "a \"b\" \\c\\ 'd'", "tab\tline\nnull-ish\x01\x7F", "grün 猫 🐈",
                        "# no comment", "\"\"\"", "ends with \\"})
    round_trip("s", std::string(s));
}

TEST_CASE("TOML sets what it gives and no more", "[gan][settings]") {
  Settings settings = some();
  settings.set("batch", int64_t{7});
  settings.read_toml("# mine\nlr-g = 1\nflip = true # yes\n", "my.toml");
  CHECK(settings.number("lr-g") == 1);
  CHECK(settings.flag("flip"));
  CHECK(settings.integer("batch") == 7);
  CHECK(!settings.is_set("loss"));
}

TEST_CASE("TOML that cannot be used is refused with its line, and nothing is set", "[gan][settings]") {
  Settings settings = some();
  const std::string before = settings.to_toml();
  const auto refused = [&](const std::string& toml, const std::string& message) {
    CHECK_THROWS_AS(settings.read_toml(toml, "my.toml"), UsageError);
    CHECK_THROWS_WITH(settings.read_toml(toml, "my.toml"), Contains(message));
    CHECK(settings.to_toml() == before);
  };
  refused("batch = 8\n\nlr-g = -1\n", "my.toml:3: option 'lr-g': -1.0 is not from 0.0 to 10.0");
  refused("batch = 8\nlearning = 1\n", "my.toml:2: unknown option 'learning'");
  refused("batch = \"8\"\n", "my.toml:1: option 'batch': \"8\" is not a whole number");
  refused("batch = 8.0\n", "my.toml:1: option 'batch': 8.0 is not a whole number");
  refused("\nbatch = [8]\n", "my.toml:2: option 'batch': array where a value should be");
  refused("[batch]\nx = 1\n", "my.toml:1: option 'batch': table where a value should be");
  refused("flip = true\nbatch = \n", "my.toml:2: ");
  refused("batch = 1\nbatch = 2\n", "my.toml:2: ");
}
