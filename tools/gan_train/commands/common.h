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

/// The checkpoint that `path` names: a file, or the newest of a run. Throws Error if the run has none.
Checkpoint open_checkpoint(const std::string& path, const Warn& warn);

/// Numbers that a network learns.
int64_t parameter_count(const nn::Module& network);

/// `1,234,567`.
std::string with_commas(int64_t n);

}  // namespace saddle
