#include "core/tensor.h"

#include <algorithm>
#include <cstring>

#include "core/allocator.h"
#include "core/device_runtime.h"
#include "core/step_graph.h"

namespace saddle {

class Storage {
 public:
  Storage(size_t bytes, Device device) : data_(allocator(device).allocate(bytes)), device_(device) {}
  ~Storage() { allocator(device_).free(data_); }
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
  void* data() const { return data_; }

 private:
  void* data_;
  Device device_;
};

Tensor Tensor::empty(const Shape& shape, DType dtype, Device device) {
  Tensor t;
  t.shape_ = shape;
  t.dtype_ = dtype;
  t.device_ = device;
  t.storage_ = std::make_shared<Storage>(t.nbytes(), device);
  return t;
}

Tensor Tensor::zeros(const Shape& shape, DType dtype, Device device) {
  Tensor t = empty(shape, dtype, device);
  if (device.is_host())
    std::memset(t.raw(), 0, t.nbytes());
  else
    runtime(device.type)->zero(t.raw(), device, t.nbytes());
  return t;
}

Tensor Tensor::full(const Shape& shape, double value, DType dtype, Device device) {
  Tensor host = empty(shape, dtype);
  dispatch_any(dtype, [&]<class T>() {
    T element;
    if constexpr (std::is_same_v<T, bf16>)
      element = bf16(static_cast<float>(value));
    else
      element = static_cast<T>(value);
    std::fill_n(host.data<T>(), host.numel(), element);
  });
  return host.to(device);
}

Tensor Tensor::from_bytes(const void* values, size_t count, const Shape& shape, DType dtype, Device device) {
  require(static_cast<int64_t>(count) == shape.numel(), "tensor: ", count, " values do not fill shape ",
          shape);
  Tensor host = empty(shape, dtype);
  if (count > 0) std::memcpy(host.raw(), values, host.nbytes());
  return host.to(device);
}

void* Tensor::raw() {
  require(defined(), "tensor: undefined");
  return storage_->data();
}

const void* Tensor::raw() const {
  require(defined(), "tensor: undefined");
  return storage_->data();
}

void* Tensor::checked_data(DType dtype) const {
  require(defined(), "tensor: undefined");
  require(dtype == dtype_, "tensor: holds ", dtype_, ", asked for as ", dtype);
  return storage_->data();
}

Tensor Tensor::reshape(std::span<const int64_t> dims) const {
  require(defined(), "reshape: undefined tensor");
  std::vector<int64_t> extents(dims.begin(), dims.end());
  int64_t known = 1;
  for (int64_t d : extents) known *= d == -1 ? 1 : d;
  require(std::count(extents.begin(), extents.end(), -1) <= 1, "reshape: more than one extent is -1");
  for (int64_t& d : extents)
    if (d == -1) d = known > 0 ? numel() / known : 0;
  Tensor t = *this;
  t.shape_ = Shape(std::span<const int64_t>(extents));
  require(t.numel() == numel(), "reshape: shape ", shape_, " has ", numel(), " elements, the new shape ",
          t.shape_, " has ", t.numel());
  return t;
}

Tensor Tensor::clone() const {
  Tensor t = like(*this);
  t.copy_from(*this);
  return t;
}

Tensor Tensor::to(Device device) const {
  require(defined(), "tensor: undefined");
  if (device == device_) return *this;
  Tensor t = empty(shape_, dtype_, device);
  t.copy_from(*this);
  return t;
}

void Tensor::copy_from(const Tensor& source) {
  require(shape_ == source.shape_ && dtype_ == source.dtype_, "copy: source ", source.dtype_, source.shape_,
          " does not match destination ", dtype_, shape_);
  if (device_.is_host() && source.device_.is_host()) {
    std::memmove(raw(), source.raw(), nbytes());
  } else {
    const Device its = device_.is_host() ? source.device_ : device_;
    require<Error>(device_ == source.device_ || !StepGraph::capturing(its), "copy from ", source.device_,
                   " to ", device_, ": not while a step is captured");
    runtime(its.type)->copy(raw(), device_, source.raw(), source.device_, nbytes());
  }
}

double Tensor::item() const {
  require(defined() && numel() == 1, "item: needs exactly one element, shape is ", shape_);
  const Tensor host = to(Device{});
  return dispatch_any(dtype_, [&]<class T>() -> double {
    if constexpr (std::is_same_v<T, bf16>)
      return static_cast<float>(*host.data<T>());
    else
      return static_cast<double>(*host.data<T>());
  });
}

}  // namespace saddle
