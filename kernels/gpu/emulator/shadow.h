// Shadow memory: what the emulator remembers of each word that kernels may touch, to judge the next access.
//
// Time is a count that grows with each barrier. A mark says who touched the word and when; whether that comes
// before another access is asked of the barriers in between (ordering.h), not of the order in which threads
// happened to run. So a missing barrier is found in whatever order they ran.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "core/error.h"

namespace saddle::emulator {

enum class Access : uint8_t {
  read,
  write,
  atomic,
  copy,  // the target of a cp.async: under way until the thread waits for it
};

/// The last write. `code` is the low half of the address of the instruction.
struct WriteMark {
  uint32_t time = 0;  // 0: never
  uint32_t code = 0;
  uint16_t thread = 0;
  Access access = Access::write;
  bool split = false;  // of a word: its bytes have marks of their own
};

/// Reads by the lanes of one warp at one time.
struct ReadMark {
  uint32_t time = 0;
  uint32_t code = 0;
  uint32_t lanes = 0;
  uint32_t warp = 0;
};

/// Reads since the last write: the newest of one warp and of another, enough that a write that races with any
/// read races with one of these, but for reads in one warp at several times without __syncwarp between all
/// its lanes.
struct Cell {
  WriteMark write;
  ReadMark reads[2];
};

/// The cells of a piece of memory, one a word of 4 bytes; a word that is once accessed in part gets four
/// more. All begin as zeros and take memory only when touched.
class Shadow {
 public:
  static constexpr uintptr_t word_bytes = 4;

  explicit Shadow(uintptr_t begin, size_t bytes)
      : first_word_(begin / word_bytes), words_((begin + bytes - 1) / word_bytes - first_word_ + 1) {}

  /// Calls f(cell, address) for each cell of [begin, begin + bytes).
  template <class F>
  void for_cells(uintptr_t begin, size_t bytes, F&& f) {
    if (!word_cells_) word_cells_ = zeros(words_);
    const uintptr_t end = begin + bytes;
    for (uintptr_t address = begin; address < end;) {
      const uintptr_t word = address / word_bytes;
      Cell& cell = word_cells_[word - first_word_];
      const uintptr_t next = (word + 1) * word_bytes;
      const bool whole = address % word_bytes == 0 && next <= end;
      if (whole && !cell.write.split) {
        f(cell, address);
      } else {
        Cell* const parts = split(cell, word - first_word_);
        for (uintptr_t byte = address; byte < next && byte < end; ++byte) f(parts[byte % word_bytes], byte);
      }
      address = next;
    }
  }

  /// Forgets everything.
  void reset() {
    word_cells_.reset();
    byte_cells_.reset();
  }

 private:
  struct Free {
    void operator()(Cell* cells) const { std::free(cells); }
  };
  using Cells = std::unique_ptr<Cell[], Free>;

  static Cells zeros(size_t cells) {
    Cells memory(static_cast<Cell*>(std::calloc(cells, sizeof(Cell))));
    require<OutOfMemory>(memory != nullptr, "emulator: no memory for ", cells * sizeof(Cell),
                         " bytes of shadow memory");
    return memory;
  }
  Cell* split(Cell& word, size_t index) {
    if (!byte_cells_) byte_cells_ = zeros(words_ * word_bytes);
    Cell* const parts = byte_cells_.get() + index * word_bytes;
    if (!word.write.split) {
      for (size_t i = 0; i < word_bytes; ++i) parts[i] = word;
      word.write.split = true;
    }
    return parts;
  }

  uintptr_t first_word_;
  size_t words_;
  Cells word_cells_, byte_cells_;
};

}  // namespace saddle::emulator
