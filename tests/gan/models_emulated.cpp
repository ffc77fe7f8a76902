// Every model trains on the emulated device.
#include <catch2/catch.hpp>

#include "tests/gan/small_games.h"
#include "tests/gan/states.h"

using namespace saddle;
using namespace saddle::test;

namespace {

constexpr Device emulated{DeviceType::emulated};

std::unique_ptr<Game> emulated_game(const std::string& model, Settings settings, bool graph) {
  settings.add({{"graph", graph, ""}});
  return game_of(model, settings, emulated);
}

}  // namespace

TEST_CASE("every model trains on the device as on the CPU, and by replays to the same bits",
          "[models][emulated]") {
  for (const std::string& model : all_models()) {
    INFO(model);
    const Settings settings = eventful(model);
    const auto host = game_of(model, settings), plain = emulated_game(model, settings, false),
               captured = emulated_game(model, settings, true);
    for (int step = 0; step < 4; ++step) {
      const Scalars expected = train(*host, settings, step, step + 1);
      const Scalars numbers = train(*plain, settings, step, step + 1);
      CHECK(train(*captured, settings, step, step + 1) == numbers);
      REQUIRE(numbers.size() == expected.size());
      for (size_t i = 0; i < numbers.size(); ++i) {
        INFO("step " << step + 1 << ", " << numbers[i].first);
        CHECK(numbers[i].first == expected[i].first);
        CHECK(numbers[i].second == Approx(expected[i].second).epsilon(1e-3).margin(1e-3));
      }
    }
    CHECK(differences(*plain, *captured) == no_difference);
  }
}
