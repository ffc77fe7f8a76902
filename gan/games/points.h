// What models that also learn points of the plane share: the same objective, on networks for points.
#pragma once
#include "gan/games/options.h"

namespace saddle {

/// True for a model that learns points too, where the data has such: `channels` is 2, as open_data leaves it.
bool makes_points(const Settings& settings);

/// What such a model adds to its own options: `hidden`.
std::vector<Option> point_options();
/// Defaults for points (Model::for_points): the model's own, then those that all share.
std::vector<std::pair<std::string, SettingValue>> point_defaults(
    const std::vector<std::pair<std::string, SettingValue>>& own = {});

/// The game on networks for points, as the options `nz`, `hidden` and those of the objective say.
/// Throws UsageError for conditioning.
std::unique_ptr<Game> make_point_game(const Settings& settings, Device device);

}  // namespace saddle
