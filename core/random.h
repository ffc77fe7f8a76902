// Counter-based random numbers: Philox 4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3",
// SC 2011). Number i of a stream is a pure function of (seed, offset + i), so the same seed gives the same
// numbers on every device and at any number of threads.
#pragma once
#include <array>
#include <cstdint>

namespace saddle {

/// The ten rounds: 128 counter bits and 64 key bits to four 32-bit words.
inline std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53u} * counter[0];
    const uint64_t b = uint64_t{0xCD9E8D57u} * counter[2];
    counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(b),
               static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(a)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter;
}

/// A place in a random stream. `offset` counts blocks of four words.
struct Philox {
  uint64_t seed = 0;
  uint64_t offset = 0;
  /// Device memory, or null: how far a captured step that is replayed has moved on since it was captured.
  /// Kernels add it to the offset.
  const uint64_t* moved = nullptr;

  /// The four words of block offset + `block`.
  std::array<uint32_t, 4> operator()(uint64_t block) const {
    const uint64_t c = offset + block;
    return philox4x32({static_cast<uint32_t>(c), static_cast<uint32_t>(c >> 32), 0, 0},
                      {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
  }
  bool operator==(const Philox&) const = default;
};

/// A stream that advances. Its whole state is (seed, offset).
class Generator {
 public:
  explicit Generator(uint64_t seed = 0) : state_{seed, 0} {}

  /// Hands out a place from which `numbers` 32-bit words may be drawn, and moves past them.
  Philox reserve(uint64_t numbers) {
    const Philox here = state_;
    state_.offset += (numbers + 3) / 4;
    return here;
  }
  /// One 32-bit word.
  uint32_t next() { return reserve(1)(0)[0]; }
  /// Uniform integer in [0, bound), bound > 0, without modulo bias to speak of (2^-32 x bound).
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>((uint64_t{next()} * bound) >> 32); }

  Philox state() const { return state_; }
  void set_state(Philox state) { state_ = state; }

 private:
  Philox state_;
};

/// A seed for a stream of its own, derived from `seed` and a purpose number, so that streams never overlap.
inline uint64_t derive_seed(uint64_t seed, uint32_t purpose) {
  const auto w = philox4x32({purpose, 0, 0, 0x5ADD1Eu},
                            {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
  return uint64_t{w[0]} << 32 | w[1];
}

}  // namespace saddle
