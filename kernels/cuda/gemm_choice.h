// Takes the choice of a tile (gemm_plan.h) into one's own hands: for tests, which run every tile on small
// shapes, and for measuring what each tile is good for.
#pragma once

namespace saddle::kernels {

/// While one lives, products of the fp32 and f64 kernels take the tile at this place of their list, the last
/// one if the list is shorter.
class ForcedTile {
 public:
  static constexpr int most = 6;  ///< tiles in a list

  explicit ForcedTile(int tile) { current = tile; }
  ~ForcedTile() { current = none; }
  ForcedTile(const ForcedTile&) = delete;
  ForcedTile& operator=(const ForcedTile&) = delete;

  static constexpr int none = -1;
  static inline int current = none;
};

}  // namespace saddle::kernels
