#include "nn/state_dict.h"

#include <unordered_map>
#include <unordered_set>

#include "autograd/ops/elementwise.h"

namespace saddle::nn {
namespace {

std::string kind_of(const Tensor& tensor) {
  return concat(tensor.dtype(), tensor.shape());
}

bool fits(const Tensor& own, const Tensor& given) {
  return own.shape() == given.shape() &&
         (own.dtype() == given.dtype() || (is_float(own.dtype()) && is_float(given.dtype())));
}

template <class Items, class Describe>
void append(std::string& text, const char* title, const Items& items, Describe describe) {
  if (items.empty()) return;
  if (!text.empty()) text += "; ";
  text += title;
  const char* separator = " ";
  for (const auto& item : items) {
    text += separator + describe(item);
    separator = ", ";
  }
}

}  // namespace

std::string LoadReport::str() const {
  const auto itself = [](const std::string& name) { return name; };
  std::string text;
  append(text, "missing", missing, itself);
  append(text, "unexpected", unexpected, itself);
  append(text, "mismatched", mismatched,
         [](const Mismatch& m) { return m.name + " (own " + m.own + ", given " + m.given + ")"; });
  return text;
}

LoadReport load_tensors(const std::string& what, const NamedTensors& live, const NamedTensors& state,
                        Strictness strictness) {
  std::unordered_map<std::string, const Tensor*> given;
  for (const auto& [name, tensor] : state) given.emplace(name, &tensor);

  LoadReport report;
  std::vector<std::pair<Tensor, const Tensor*>> copies;
  std::unordered_set<std::string> known;
  for (const auto& [name, own] : live) {
    known.insert(name);
    const auto found = given.find(name);
    if (found == given.end())
      report.missing.push_back(name);
    else if (!fits(own, *found->second))
      report.mismatched.push_back({name, kind_of(own), kind_of(*found->second)});
    else
      copies.emplace_back(own, found->second);
  }
  for (const auto& [name, tensor] : state)
    if (!known.contains(name)) report.unexpected.push_back(name);

  require<Error>(strictness == Strictness::lenient || report.complete(), what, ": ", report.str());
  for (auto& [own, source] : copies)
    own.copy_from(source->dtype() == own.dtype() ? *source : cast(*source, own.dtype()).value());
  return report;
}

}  // namespace saddle::nn
