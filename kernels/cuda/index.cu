// Gathering and scattering on a GPU. Both pull: each unit of the output finds what it is made of, so nothing
// is written twice, no atomics touch a float, and scattered elements are added in the order of k. Bound by
// memory.
//
//   gather                         reads the index and one element for each element of y
//   scatter_add, index [K]         two small kernels link the k of each place to a list; each element of y
//   then
//                                  walks its list: y is written once, x read once
//   scatter_add, index like x      each element of y looks through the K indices of its line: K reads, from
//   the
//                                  cache, for each element of y. K is 1 for one_hot and for picked classes
#include "kernels/index.h"

#include <algorithm>

#include "kernels/cuda/pull.h"
#include "kernels/elementwise.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

/// The axes of a small tensor and of a large one, into whose places along one axis an index points; innermost
/// first, others merged where the small one is as long as the large one.
struct IndexedAxes {
  int count = 0, indexed = -1;
  std::array<int64_t, Shape::max_rank> small{}, large{};

  IndexedAxes(const Shape& small_shape, const Shape& large_shape, int axis) {
    for (int i = small_shape.rank() - 1; i >= 0; --i) {
      const auto last = static_cast<size_t>(count - 1);
      if (count > 0 && i != axis && count - 1 != indexed && small[last] == large[last]) {
        small[last] *= small_shape[i];
        large[last] *= large_shape[i];
        continue;
      }
      if (i == axis) indexed = count;
      small[static_cast<size_t>(count)] = small_shape[i];
      large[static_cast<size_t>(count++)] = large_shape[i];
    }
  }
};

/// What the kernels read of them. Digits are those of the tensor that is written.
template <class Index>
struct Places {
  int count, indexed;
  InvariantDivisor<Index> extent[Shape::max_rank];  // of the tensor that is written
  Index limit[Shape::max_rank];                     // extents of the tensor that is read
  Index stride[Shape::max_rank];                    // of the tensor that is read

  Places(const IndexedAxes& axes, const std::array<int64_t, Shape::max_rank>& written,
         const std::array<int64_t, Shape::max_rank>& read)
      : count(axes.count), indexed(axes.indexed) {
    int64_t dense = 1;
    for (int a = 0; a < count; ++a) {
      const auto i = static_cast<size_t>(a);
      extent[a] = InvariantDivisor<Index>(written[i]);
      limit[a] = static_cast<Index>(read[i]);
      stride[a] = static_cast<Index>(dense);
      dense *= read[i];
    }
  }

  struct Found {
    Index offset, place;  // in the tensor that is read, without the indexed axis; the place along that one
    bool inside;          // whether the tensor that is read has the place along all other axes
  };
  __device__ __forceinline__ Found find(Index i) const {
    Found found{0, 0, true};
    for (int a = 0; a < count; ++a) {
      const auto at = extent[a].divide(i);
      i = at.quotient;
      if (a == indexed) {
        found.place = at.remainder;
      } else {
        found.offset += at.remainder * stride[a];
        found.inside &= at.remainder < limit[a];
      }
    }
    return found;
  }
};

template <class Unit, class Index>
struct GatherSource {
  const Unit* x;
  const int64_t* index;
  bool shared;  // one index [K] for all lines
  Places<Index> places;

  __device__ __forceinline__ Unit operator()(Index i) const {
    const auto at = places.find(i);
    const auto place = static_cast<Index>(index[shared ? at.place : i]);
    return x[at.offset + place * places.stride[places.indexed]];
  }
};

/// The lists of an index [K]: for each place its first k, and for each k the next one with the same place.
/// `none` ends a list.
constexpr unsigned none = ~0u;
struct Lists {
  const unsigned *first, *next;
};

/// K^2 comparisons, a thousand at a time: for the batches that an index [K] holds, less than a launch takes.
__global__ void link_kernel(const int64_t* __restrict__ index, unsigned count, unsigned* first,
                            unsigned* next) {
  const unsigned k = blockIdx.x * blockDim.x + threadIdx.x;
  if (k >= count) return;
  const int64_t place = index[k];
  unsigned found = none;
#pragma unroll 8
  for (unsigned other = blockIdx.x * blockDim.x + 1; other < count; ++other)
    if (other > k && index[other] == place) found = min(found, other);
  next[k] = found;
  atomicMin(first + place, k);
}

template <class T, int width, class Index>
struct ListedSums {
  const Pack<T, width>* x;
  Lists lists;
  Places<Index> places;

  __device__ __forceinline__ Pack<T, width> operator()(Index i) const {
    Pack<T, width> sum{};
    const auto at = places.find(i);
    if (!at.inside) return sum;
    for (unsigned k = lists.first[at.place]; k != none; k = lists.next[k]) {
      const Pack<T, width> term = x[at.offset + static_cast<Index>(k) * places.stride[places.indexed]];
#pragma unroll
      for (int lane = 0; lane < width; ++lane) sum.lane[lane] += term.lane[lane];
    }
    return sum;
  }
};

template <class T, class Index>
struct SearchedSums {
  const T* x;
  const int64_t* index;
  Places<Index> places;

  __device__ __forceinline__ T operator()(Index i) const {
    T sum = 0;
    const auto at = places.find(i);
    if (!at.inside) return sum;
    const Index step = places.stride[places.indexed], end = places.limit[places.indexed];
    Index offset = at.offset;
    for (Index k = 0; k < end; ++k, offset += step)
      if (index[offset] == static_cast<int64_t>(at.place)) sum += x[offset];
    return sum;
  }
};

}  // namespace

void gather(const Tensor& x, const Tensor& index, Tensor& y, int axis) {
  if (y.numel() == 0) return;
  IndexedAxes axes(y.shape(), x.shape(), axis);
  const bool shared = index.rank() == 1;
  const auto size = static_cast<int64_t>(size_of(x.dtype()));
  int64_t lanes = 1;
  if (shared && axes.indexed > 0) {  // runs of elements move together
    lanes = common_unit({axes.small[0] * size, axes.large[0] * size}) / size;
    axes.small[0] /= lanes;
    axes.large[0] /= lanes;
  }
  dispatch_unit(lanes * size, [&]<class Unit>() {
    dispatch_index(std::max(x.numel(), y.numel()), [&]<class Index>() {
      const GatherSource<Unit, Index> source{static_cast<const Unit*>(x.raw()), index.data<int64_t>(), shared,
                                             Places<Index>(axes, axes.small, axes.large)};
      pull<Unit, Index>(y, y.numel() / lanes, source);
    });
  });
}

namespace {

/// `memory` is lent for the lists.
Lists link(const Tensor& index, int64_t places, Tensor& memory) {
  const int64_t count = index.numel();
  require<Error>(count < none, "scatter_add: an index of ", count, " places is too long for the GPU");
  memory = Tensor::empty({(places + count) * int64_t{sizeof(unsigned)}}, DType::u8, index.device());
  fill(memory, 255);
  auto* first = static_cast<unsigned*>(memory.raw());
  if (count > 0) {
    const unsigned block = block_for(count);
    SADDLE_LAUNCH(link_kernel, static_cast<unsigned>(blocks_for(count, block)), block, 0, index.device(),
                  index.data<int64_t>(), static_cast<unsigned>(count), first, first + places);
  }
  return {first, first + places};
}

template <class T, int width>
void add_listed(const Tensor& x, const IndexedAxes& axes, Lists lists, Tensor& y) {
  dispatch_index(std::max(x.numel(), y.numel()), [&]<class Index>() {
    const ListedSums<T, width, Index> source{reinterpret_cast<const Pack<T, width>*>(x.data<T>()), lists,
                                             Places<Index>(axes, axes.large, axes.small)};
    pull<Pack<T, width>, Index>(y, y.numel() / width, source);
  });
}

}  // namespace

void scatter_add(const Tensor& x, const Tensor& index, Tensor& y, int axis) {
  if (y.numel() == 0) return;
  IndexedAxes axes(x.shape(), y.shape(), axis);
  dispatch_float("scatter_add", x.dtype(), [&]<class T>() {
    if (index.rank() == 1) {
      Tensor memory;
      const Lists lists = link(index, y.size(axis), memory);
      constexpr int width = pack_width<T>;
      if (axes.indexed > 0 && axes.small[0] % width == 0 && axes.large[0] % width == 0) {
        axes.small[0] /= width;
        axes.large[0] /= width;
        add_listed<T, width>(x, axes, lists, y);
      } else {
        add_listed<T, 1>(x, axes, lists, y);
      }
      return;
    }
    dispatch_index(std::max(x.numel(), y.numel()), [&]<class Index>() {
      const SearchedSums<T, Index> source{x.data<T>(), index.data<int64_t>(),
                                          Places<Index>(axes, axes.large, axes.small)};
      pull<T, Index>(y, y.numel(), source);
    });
  });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
