#include "gan/networks/normalization.h"

#include "nn/modules.h"

namespace saddle {
namespace {

constexpr std::pair<const char*, Normalization> kinds[] = {{"batch", Normalization::batch},
                                                           {"none", Normalization::none},
                                                           {"instance", Normalization::instance},
                                                           {"layer", Normalization::layer}};

}  // namespace

std::vector<std::string> normalizations() {
  std::vector<std::string> names;
  for (const auto& [name, kind] : kinds) names.push_back(name);
  return names;
}

std::string name_of(Normalization kind) {
  for (const auto& [name, known] : kinds)
    if (kind == known) return name;
  return {};
}

Normalization find_normalization(const std::string& name) {
  for (const auto& [known, kind] : kinds)
    if (name == known) return kind;
  throw UsageError("there is no normalisation '" + name + "'");
}

std::shared_ptr<nn::Module> normalization(Normalization kind, int64_t channels, bool affine) {
  switch (kind) {
    case Normalization::none:
      break;
    case Normalization::batch:
      return nn::batch_norm2d(channels);
    case Normalization::instance:
      return nn::instance_norm2d(channels, {.affine = affine});
    case Normalization::layer:
      return nn::group_norm(1, channels, {.affine = affine});
  }
  return nullptr;
}

}  // namespace saddle
