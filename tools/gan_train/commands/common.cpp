#include "tools/gan_train/commands/common.h"

#include <iostream>

#include "core/error.h"
#include "core/io/file.h"

namespace saddle {

Warn warnings(bool quiet) {
  if (quiet) return [](const std::string&) {};
  return [](const std::string& text) { std::cerr << "gan-train: warning: " << text << '\n'; };
}

Checkpoint open_checkpoint(const std::string& path, const Warn& warn) {
  if (!is_folder(path)) return load_checkpoint(path);
  std::optional<Checkpoint> newest = newest_checkpoint(RunFolder::open(path), warn);
  require<Error>(newest.has_value(), path, ": the run has no checkpoint yet");
  return std::move(*newest);
}

int64_t parameter_count(const nn::Module& network) {
  int64_t count = 0;
  for (const Variable& parameter : network.parameters()) count += parameter.numel();
  return count;
}

std::string with_commas(int64_t n) {
  const std::string digits = std::to_string(n);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace saddle
