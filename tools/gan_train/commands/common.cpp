#include "tools/gan_train/commands/common.h"

#include <iostream>

namespace saddle {

Warn warnings(bool quiet) {
  if (quiet) return [](const std::string&) {};
  return [](const std::string& text) { std::cerr << "gan-train: warning: " << text << '\n'; };
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
