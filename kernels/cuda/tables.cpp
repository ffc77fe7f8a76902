#include "kernels/cuda/tables.h"

#include <list>
#include <map>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "core/step_graph.h"

namespace saddle::kernels {
namespace {

std::string_view view_of(std::span<const std::byte> content) {
  return {reinterpret_cast<const char*>(content.data()), content.size()};
}

/// The tables of one device.
class Tables {
 public:
  Tensor find_or_upload(Device device, std::string_view content) {
    const auto found = by_content_.find(content);
    const Place place = found != by_content_.end() ? found->second : upload(device, content);
    if (!place->kept) recent_.splice(recent_.begin(), recent_, place);
    if (!place->kept && StepGraph::capturing(device)) {
      place->kept = true;
      kept_.splice(kept_.begin(), recent_, place);
    }
    if (recent_.size() > most) drop_oldest();
    return place->table;
  }

 private:
  static constexpr size_t most = 4096;

  struct Entry {
    std::string content;
    Tensor table;
    bool kept = false;
  };
  using Place = std::list<Entry>::iterator;

  Place upload(Device device, std::string_view content) {
    const std::span bytes(reinterpret_cast<const uint8_t*>(content.data()), content.size());
    const Shape shape{static_cast<int64_t>(content.size())};
    recent_.push_front({std::string(content), Tensor::from(bytes, shape, device)});
    by_content_.emplace(recent_.front().content, recent_.begin());
    return recent_.begin();
  }
  void drop_oldest() {
    by_content_.erase(recent_.back().content);
    recent_.pop_back();
  }

  std::list<Entry> recent_;  // the last one asked for comes first
  std::list<Entry> kept_;
  std::unordered_map<std::string_view, Place> by_content_;  // views of the entries' own
};

std::mutex mutex;

/// To be called with the mutex held. Never destroyed: they hold device memory, whose end is not theirs.
Tables& tables_of(Device device) {
  static auto& tables = *new std::map<std::pair<DeviceType, int>, Tables>();
  return tables[{device.type, device.index}];
}

}  // namespace

Tensor device_table(Device device, std::span<const std::byte> content) {
  const std::lock_guard lock(mutex);
  return tables_of(device).find_or_upload(device, view_of(content));
}

}  // namespace saddle::kernels
