#include "core/precision.h"

#include <atomic>
#include <ostream>

#include "core/error.h"

namespace saddle {
namespace {

constexpr const char* names[] = {"fp32", "tf32", "bf16"};

std::atomic<Precision> current = Precision::fp32;

}  // namespace

const char* name_of(Precision precision) {
  return names[static_cast<int>(precision)];
}

std::ostream& operator<<(std::ostream& out, Precision precision) {
  return out << name_of(precision);
}

Precision parse_precision(std::string_view text) {
  for (const Precision known : {Precision::fp32, Precision::tf32, Precision::bf16})
    if (text == name_of(known)) return known;
  throw UsageError(concat("precision '", text, "' is not one of fp32, tf32, bf16"));
}

Precision precision() {
  return current.load(std::memory_order_relaxed);
}

void set_precision(Precision precision) {
  current.store(precision, std::memory_order_relaxed);
}

void set_precision(std::string_view text, Device device) {
  const Precision wanted = parse_precision(text);
  require<UsageError>(wanted == Precision::fp32 || device.type != DeviceType::cpu, "precision ", wanted,
                      " is for the tensor cores of a GPU; on the device ", device, " there is fp32 alone");
  set_precision(wanted);
}

}  // namespace saddle
