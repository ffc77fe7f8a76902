// Tensor: a cheap handle to dense row-major memory on a device. It knows nothing of gradients.
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "core/device.h"
#include "core/dtype.h"
#include "core/shape.h"

namespace saddle {

class Storage;

/// Copies share memory; there are no strides. A default-made tensor is undefined and holds nothing.
class Tensor {
 public:
  Tensor() = default;

  /// Uninitialised memory.
  static Tensor empty(const Shape& shape, DType dtype = DType::f32, Device device = {});
  static Tensor zeros(const Shape& shape, DType dtype = DType::f32, Device device = {});
  static Tensor full(const Shape& shape, double value, DType dtype = DType::f32, Device device = {});
  /// Uninitialised, with the shape, dtype and device of `other`.
  static Tensor like(const Tensor& other) { return empty(other.shape(), other.dtype(), other.device()); }
  static Tensor like(const Tensor& other, const Shape& shape) {
    return empty(shape, other.dtype(), other.device());
  }
  /// A copy of host values; throws ShapeError unless values.size() == shape.numel().
  template <class T>
  static Tensor from(std::span<const T> values, const Shape& shape, Device device = {}) {
    return from_bytes(values.data(), values.size(), shape, dtype_of<T>, device);
  }
  template <class T>
  static Tensor from(const std::vector<T>& values, const Shape& shape, Device device = {}) {
    return from(std::span<const T>(values), shape, device);
  }

  bool defined() const { return storage_ != nullptr; }
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  int64_t size(int dim) const { return shape_[dim]; }
  int64_t numel() const { return shape_.numel(); }
  DType dtype() const { return dtype_; }
  Device device() const { return device_; }
  size_t nbytes() const { return static_cast<size_t>(numel()) * size_of(dtype_); }

  /// The elements. Throws ShapeError if T is not the tensor's element type. Not for the host to read
  /// unless device().is_host().
  template <class T>
  T* data() {
    return static_cast<T*>(checked_data(dtype_of<T>));
  }
  template <class T>
  const T* data() const {
    return static_cast<const T*>(checked_data(dtype_of<T>));
  }
  void* raw();
  const void* raw() const;

  /// The same memory with another shape; one extent may be -1. Throws ShapeError if the counts differ.
  Tensor reshape(std::span<const int64_t> dims) const;
  Tensor reshape(std::initializer_list<int64_t> dims) const {
    return reshape(std::span(dims.begin(), dims.size()));
  }
  Tensor clone() const;
  /// This tensor if it already lies on `device`, else a copy there.
  Tensor to(Device device) const;
  /// Overwrites the elements with those of `source`: same shape and dtype, any device.
  void copy_from(const Tensor& source);

  /// The only element, as a double. Throws ShapeError unless numel() == 1.
  double item() const;
  /// A host copy of the elements. Throws ShapeError if T is not the element type.
  template <class T>
  std::vector<T> to_vector() const {
    const Tensor host = to(Device{});
    const T* p = host.data<T>();
    return std::vector<T>(p, p + host.numel());
  }
  bool shares_memory_with(const Tensor& other) const { return storage_ && storage_ == other.storage_; }
  /// True if no other tensor shares this memory, so that overwriting it is unseen.
  bool unique() const { return storage_.use_count() == 1; }

 private:
  static Tensor from_bytes(const void* values, size_t count, const Shape& shape, DType dtype, Device device);
  void* checked_data(DType dtype) const;

  std::shared_ptr<Storage> storage_;
  Shape shape_;
  DType dtype_ = DType::f32;
  Device device_;
};

}  // namespace saddle
