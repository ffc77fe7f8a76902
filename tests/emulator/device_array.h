// An array in the device's memory, as the emulator has it.
#pragma once
#include <utility>
#include <vector>

#include "kernels/gpu/emulator/emulator.h"

namespace saddle::test {

template <class T>
class DeviceArray {
 public:
  /// n elements that nobody has written.
  explicit DeviceArray(size_t n, const char* name = "out") : values_(n) {
    add(emulator::Contents::unwritten, name);
  }
  explicit DeviceArray(std::vector<T> values, const char* name = "in") : values_(std::move(values)) {
    add(emulator::Contents::written, name);
  }
  ~DeviceArray() { emulator::remove_memory(values_.data()); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  T* data() { return values_.data(); }
  const std::vector<T>& values() const { return values_; }

 private:
  void add(emulator::Contents contents, const char* name) {
    emulator::add_memory(values_.data(), values_.size() * sizeof(T), contents, name);
  }

  std::vector<T> values_;
};

}  // namespace saddle::test
