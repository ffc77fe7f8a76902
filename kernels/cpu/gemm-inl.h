// C = A B for operands that are never laid out as matrices: a family gives two *panel sources*, which gather
// pieces of A and B into packed panels, and a *sink*, which takes finished tiles of C. Matrix products and
// all three convolutions are this one loop nest. Included once for each Highway target.
//
// The scheme is that of Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS
// 34(3), 2008. A tile of C lives in registers while K runs; a packed panel holds, for each k, the tile's rows
// of A (or columns of B) next to each other. K is cut into blocks so that panels stay in cache.
//
// A source has   pack<W>(batch, k0, k1, lane0, out): out[(k - k0) W + l] = element k of lane lane0 + l, for
//                l < W, 0 for lanes past the last. A lane is a row of A or a column of B;
//                shared(): true if the elements do not depend on the batch index.
// A sink has     store(batch, row0, column0, rows, columns, tile), tile[r][TileSize::columns].
#if defined(SADDLE_KERNELS_CPU_GEMM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_CPU_GEMM_INL_H_
#undef SADDLE_KERNELS_CPU_GEMM_INL_H_
#else
#define SADDLE_KERNELS_CPU_GEMM_INL_H_
#endif

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "core/allocator.h"
#include "core/tensor.h"
#include "core/thread_pool.h"
#include "kernels/cpu/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// Rows x columns of C in registers. Two vectors of B and one broadcast of A are live beside them: AVX-512
/// has 32 registers (12 x 2 tiles, also enough independent sums to hide the latency of a multiply-add), AVX2
/// and SSE 16 (6 x 2). Twelve is a multiple of four, as channel counts are.
template <class T>
struct TileSize {
  static constexpr int64_t vector = hn::MaxLanes(hn::ScalableTag<T>());
  static constexpr int64_t rows = HWY_ARCH_X86 && HWY_MAX_BYTES < 64 ? 6 : 12;
  static constexpr int64_t columns = 2 * vector;
  static constexpr int64_t elements = rows * columns;
};

/// Block of K: 1 KiB a lane. A panel of A is then 12 KiB and stays in L1 (32 KiB) while the panels of B go
/// by, 32 KiB each, out of L2.
template <class T>
constexpr int64_t block_k = 1024 / sizeof(T);
/// Lanes that a task packs for itself, at most: 128 KiB of B, which with a block of C leaves room in L2.
constexpr int64_t block_lanes = 128;

constexpr int64_t ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

/// Elements up to the next cache line, where vectors may start.
template <class T>
constexpr int64_t line_up(int64_t elements) {
  constexpr int64_t line = Allocator::alignment / sizeof(T);
  return ceil_div(elements, line) * line;
}

/// Memory for the tasks of a loop: a piece for each that can run at once. Taken before the loop, so what is
/// asked of the allocator does not depend on how many of them happen to overlap.
template <class T>
class Workspace {
 public:
  Workspace(int64_t tasks, int64_t elements) : step_(line_up<T>(elements)) {
    const int64_t pieces = std::min<int64_t>(tasks, num_threads());
    memory_ = Tensor::empty({pieces, step_}, dtype_of<T>);
    for (int64_t i = 0; i < pieces; ++i) free_.push_back(memory_.data<T>() + i * step_);
  }

  /// A piece, held for a scope.
  class Piece {
   public:
    explicit Piece(Workspace& space) : space_(space) {
      const std::lock_guard lock(space_.mutex_);
      data_ = space_.free_.back();
      space_.free_.pop_back();
    }
    ~Piece() {
      const std::lock_guard lock(space_.mutex_);
      space_.free_.push_back(data_);
    }
    Piece(const Piece&) = delete;
    Piece& operator=(const Piece&) = delete;

    T* data() const { return data_; }

   private:
    Workspace& space_;
    T* data_;
  };

 private:
  int64_t step_;
  Tensor memory_;
  std::vector<T*> free_;
  std::mutex mutex_;
};

/// From a row of a tile to the next, for tiles that lie by themselves. The compiler knows it: told at run
/// time, it costs a tenth of the products of layers with three channels.
template <class T>
using TilePitch = std::integral_constant<int64_t, TileSize<T>::columns>;

/// tile (+)= the product of a panel of A and one of B, in registers. R rows `pitch` apart, V vectors of
/// columns.
template <class T, int64_t V, class Pitch, size_t... I>
HWY_INLINE void multiply_panels(std::index_sequence<I...>, int64_t k, const T* a, const T* b, T* tile,
                                Pitch pitch, bool accumulate) {
  using Size = TileSize<T>;
  const hn::ScalableTag<T> d;
  hn::Vec<decltype(d)> sum[sizeof...(I)];
  const auto place = [tile, pitch](size_t i) {
    return tile + static_cast<int64_t>(i) / V * pitch + static_cast<int64_t>(i) % V * Size::vector;
  };
  if (accumulate)
    ((sum[I] = hn::Load(d, place(I))), ...);
  else
    ((sum[I] = hn::Zero(d)), ...);
  for (; k > 0; --k) {
    const hn::Vec<decltype(d)> columns[2] = {hn::Load(d, b), hn::Load(d, b + (V - 1) * Size::vector)};
    ((sum[I] = hn::MulAdd(hn::Set(d, a[I / V]), columns[I % V], sum[I])), ...);
    a += Size::rows;
    b += Size::columns;
  }
  (hn::Store(sum[I], d, place(I)), ...);
}

template <class T, int64_t R, int64_t V, class Pitch>
void multiply_tile(int64_t k, const T* a, const T* b, T* tile, Pitch pitch, bool accumulate) {
  multiply_panels<T, V>(std::make_index_sequence<R * V>(), k, a, b, tile, pitch, accumulate);
}

/// The function for a tile of `rows` rows and `columns` columns; those at the right and lower edge are small.
/// Pitch is int64_t for tiles that are part of a matrix.
template <class T, class Pitch = TilePitch<T>>
auto* tile_function(int64_t rows, int64_t columns) {
  using Function = void(int64_t, const T*, const T*, T*, Pitch, bool);
  constexpr auto table = []<size_t... R>(std::index_sequence<R...>) {
    return std::array<std::array<Function*, 2>, sizeof...(R)>{
        {{&multiply_tile<T, R + 1, 1, Pitch>, &multiply_tile<T, R + 1, 2, Pitch>}...}};
  }
  (std::make_index_sequence<TileSize<T>::rows>());
  return table[static_cast<size_t>(rows - 1)][columns > TileSize<T>::vector];
}

struct Range {
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};

/// A or B of a product in panels of W lanes: packed whole beforehand, or block by block on demand.
template <class T, int64_t W, class Source>
class Operand {
 public:
  /// Panel i of a range, over a block of K, lies at data + i * stride.
  struct Panels {
    const T* data;
    int64_t stride;
  };

  Operand(const Source& source, int64_t lanes, int64_t k)
      : source_(source), panels_(ceil_div(lanes, W)), k_(k) {}

  int64_t panels() const { return panels_; }

  void pack_all(int64_t batch) {
    constexpr int64_t grain = 16384;  // elements a range
    const int64_t all = panels_ * (source_.shared() ? 1 : batch);
    packed_ = Tensor::empty({all, k_ * W}, dtype_of<T>);
    T* out = packed_.data<T>();
    parallel_for(all, 1 + grain / (k_ * W + 1), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        source_.template pack<W>(i / panels_, 0, k_, i % panels_ * W, out + i * k_ * W);
    });
  }

  /// Elements that get() packs into.
  int64_t scratch(Range panels, int64_t k) const { return packed_.defined() ? 0 : panels.size() * k * W; }
  Panels get(int64_t batch, Range panels, Range k, T* scratch) const {
    if (packed_.defined()) {
      const int64_t first = (source_.shared() ? 0 : batch * panels_) + panels.begin;
      return {packed_.data<T>() + (first * k_ + k.begin) * W, k_ * W};
    }
    for (int64_t i = 0; i < panels.size(); ++i)
      source_.template pack<W>(batch, k.begin, k.end, (panels.begin + i) * W, scratch + i * k.size() * W);
    return {scratch, k.size() * W};
  }

 private:
  const Source& source_;
  int64_t panels_, k_;
  Tensor packed_;
};

/// One m x n x k product of a family that runs together. Blocks of K begin at multiples of k_unit, which
/// spares sources the odd starts.
template <class A, class B, class C>
struct Product {
  int64_t m, n, k, k_unit;
  A a;
  B b;
  C c;
};

/// Runs products for each index of a batch. The operand with fewer lanes is packed whole, once, for all
/// threads. A task takes a block of the other's lanes, packs it block by block of K, and finishes its block
/// of C in every product: those that touch the same memory (the phases of a strided gradient) follow each
/// other while it is in cache. Where that makes few tasks and K is long, K is cut into chunks too, each with
/// a partial block of C, and these are added in order. The cut depends on the extents alone, and so do the
/// bits of the result.
template <class T, class A, class B, class C>
class Gemm {
 public:
  Gemm(int64_t batch, std::span<const Product<A, B, C>> products) : products_(products), batch_(batch) {
    int64_t m = 0, n = 0, k = 0;
    for (const auto& p : products) {
      m = std::max(m, p.m);
      n = std::max(n, p.n);
      k = std::max(k, p.k);
      a_.emplace_back(p.a, p.m, p.k);
      b_.emplace_back(p.b, p.n, p.k);
    }
    if (batch == 0 || m == 0 || n == 0) return;
    a_whole_ = m <= n;
    const int64_t width = a_whole_ ? Size::columns : Size::rows;
    const int64_t panels = ceil_div(a_whole_ ? n : m, width);
    const int64_t most = std::clamp<int64_t>(panels * batch / wanted_tasks, 1, block_lanes / width);
    panels_per_block_ = ceil_div(panels, ceil_div(panels, most));
    blocks_ = ceil_div(panels, panels_per_block_);
    if (products.size() > 1 || 2 * batch * blocks_ > wanted_tasks) return;
    const int64_t most_chunks = k / (2 * block_k<T>);
    if (m + n <= 2 * block_lanes && 2 * batch * most_chunks >= wanted_tasks) {
      // K alone makes enough tasks: what one packs then serves all of C.
      panels_per_block_ = panels;
      blocks_ = 1;
    }
    chunks_ = std::clamp<int64_t>(most_chunks, 1, wanted_tasks / (batch * blocks_));
  }

  void run() {
    if (blocks_ == 0) return;
    if (chunks_ > 1) return run_chunks();
    for (size_t p = 0; p < products_.size(); ++p) a_whole_ ? a_[p].pack_all(batch_) : b_[p].pack_all(batch_);
    int64_t elements = 0;
    for (size_t p = 0; p < products_.size(); ++p)
      elements = std::max(elements, tile_elements(p) + packed_elements(p, products_[p].k));
    Workspace<T> workspace(batch_ * blocks_, elements);
    parallel_for(batch_ * blocks_, 1, [&](int64_t begin, int64_t end) {
      const typename Workspace<T>::Piece piece(workspace);
      for (int64_t i = begin; i < end; ++i)
        for (size_t p = 0; p < products_.size(); ++p)
          multiply(p, block_of(p, i), {0, products_[p].k}, piece.data(), tile_step(p),
                   piece.data() + tile_elements(p), true);
    });
  }

 private:
  using Size = TileSize<T>;
  /// Shared evenly by a few threads even if one is late; few enough that a task's own costs do not show.
  static constexpr int64_t wanted_tasks = 16;

  /// Panels of A times panels of B at a batch index.
  struct Block {
    int64_t batch;
    Range rows, columns;
    int64_t tiles() const { return rows.size() * columns.size(); }
  };

  int64_t k_step(size_t p) const {
    const int64_t unit = products_[p].k_unit;
    return std::max<int64_t>(1, block_k<T> / unit) * unit;
  }
  Block block_of(size_t p, int64_t index) const {
    const int64_t begin = index % blocks_ * panels_per_block_;
    const auto own = [&](int64_t panels) {
      return Range{std::min(begin, panels), std::min(begin + panels_per_block_, panels)};
    };
    const int64_t rows = a_[p].panels(), columns = b_[p].panels();
    return a_whole_ ? Block{index / blocks_, {0, rows}, own(columns)}
                    : Block{index / blocks_, own(rows), {0, columns}};
  }

  /// From tile to tile of a block. With a single block of K, a tile is finished at once: one place, in L1,
  /// serves all.
  int64_t tile_step(size_t p) const { return products_[p].k <= k_step(p) ? 0 : Size::elements; }
  /// Of the largest block, which is the first.
  int64_t tile_elements(size_t p) const {
    return line_up<T>(std::max(Size::elements, block_of(p, 0).tiles() * tile_step(p)));
  }
  /// Elements that multiply() packs into, of the largest block, over a range of `k`.
  int64_t packed_elements(size_t p, int64_t k) const {
    const Block block = block_of(p, 0);
    const int64_t k_most = std::min(k, k_step(p));
    return line_up<T>(a_[p].scratch(block.rows, k_most)) + b_[p].scratch(block.columns, k_most);
  }

  void store(size_t p, const Block& block, int64_t i, int64_t j, const T* tile) const {
    const auto& product = products_[p];
    const int64_t row = i * Size::rows, column = j * Size::columns;
    product.c.store(block.batch, row, column, std::min(Size::rows, product.m - row),
                    std::min(Size::columns, product.n - column), tile);
  }

  /// The block's tiles, `step` elements apart, over a range of K, packing into `a_scratch`; `finish` hands
  /// them to the sink.
  void multiply(size_t p, const Block& block, Range k, T* tiles, int64_t step, T* a_scratch,
                bool finish) const {
    const auto& product = products_[p];
    const int64_t k_most = std::min(k.size(), k_step(p));
    T* b_scratch = a_scratch + line_up<T>(a_[p].scratch(block.rows, k_most));
    // An empty K still runs once: its tiles are zeros.
    for (Range now{k.begin, k.begin + k_most};; now = {now.end, std::min(now.end + k_most, k.end)}) {
      const auto a = a_[p].get(block.batch, block.rows, now, a_scratch);
      const auto b = b_[p].get(block.batch, block.columns, now, b_scratch);
      T* tile = tiles;
      for (int64_t i = 0; i < block.rows.size(); ++i)
        for (int64_t j = 0; j < block.columns.size(); ++j, tile += step) {
          const int64_t row = block.rows.begin + i, column = block.columns.begin + j;
          tile_function<T>(std::min(Size::rows, product.m - row * Size::rows),
                           std::min(Size::columns, product.n - column * Size::columns))(
              now.size(), a.data + i * a.stride, b.data + j * b.stride, tile, {}, now.begin > k.begin);
          if (finish && now.end == k.end) store(p, block, row, column, tile);
        }
      if (now.end == k.end) break;
    }
  }

  void run_chunks() const {
    const int64_t blocks = batch_ * blocks_;
    const int64_t k = products_[0].k, chunk_k = ceil_div(ceil_div(k, chunks_), k_step(0)) * k_step(0);
    const int64_t chunks = ceil_div(k, chunk_k), block_elements = block_of(0, 0).tiles() * Size::elements;
    Tensor partial = Tensor::empty({blocks * chunks * block_elements}, dtype_of<T>);
    const auto place = [&](int64_t block, int64_t chunk) {
      return partial.data<T>() + (block * chunks + chunk) * block_elements;
    };
    Workspace<T> workspace(blocks * chunks, packed_elements(0, chunk_k));
    parallel_for(blocks * chunks, 1, [&](int64_t begin, int64_t end) {
      const typename Workspace<T>::Piece piece(workspace);
      for (int64_t i = begin; i < end; ++i) {
        const int64_t block = i / chunks, chunk = i % chunks;
        multiply(0, block_of(0, block), {chunk * chunk_k, std::min(k, (chunk + 1) * chunk_k)},
                 place(block, chunk), Size::elements, piece.data(), false);
      }
    });
    parallel_for(blocks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t index = begin; index < end; ++index) {
        const Block block = block_of(0, index);
        T* sum = place(index, 0);
        for (int64_t chunk = 1; chunk < chunks; ++chunk) {
          const T* next = place(index, chunk);
          for (int64_t e = 0; e < block.tiles() * Size::elements; ++e) sum[e] += next[e];
        }
        for (int64_t i = block.rows.begin; i < block.rows.end; ++i)
          for (int64_t j = block.columns.begin; j < block.columns.end; ++j, sum += Size::elements)
            store(0, block, i, j, sum);
      }
    });
  }

  std::span<const Product<A, B, C>> products_;
  int64_t batch_, blocks_ = 0, panels_per_block_ = 1, chunks_ = 1;
  bool a_whole_ = true;
  std::vector<Operand<T, Size::rows, A>> a_;
  std::vector<Operand<T, Size::columns, B>> b_;
};

template <class T, class A, class B, class C>
void gemm(int64_t batch, const std::vector<Product<A, B, C>>& products) {
  Gemm<T, A, B, C>(batch, products).run();
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggled guard
