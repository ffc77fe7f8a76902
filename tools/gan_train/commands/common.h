// What several commands share.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "gan/game.h"
#include "gan/run/checkpoint.h"

namespace saddle {

using Warn = std::function<void(const std::string&)>;

/// Writes `gan-train: warning: …` to standard error; nothing if `quiet`.
Warn warnings(bool quiet);

/// Numbers that a network learns.
int64_t parameter_count(const nn::Module& network);

/// `1,234,567`.
std::string with_commas(int64_t n);

}  // namespace saddle
