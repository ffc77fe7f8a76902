// Points of the plane from well-known mixtures, on which it shows whether a generator leaves out modes.
//
//   25-gaussians   centres (x, y), x and y each -4, -2, 0, 2 or 4, standard deviation 0.05 (Dumoulin et al.,
//                  "Adversarially Learned Inference", ICLR 2017; Lin et al., "PacGAN", NeurIPS 2018, section
//                  4)
//   8-gaussians    eight centres evenly around a circle of radius 2, standard deviation 0.02 (Metz et al.,
//                  "Unrolled Generative Adversarial Networks", ICLR 2017, section 3.1)
//
// Both are scaled so that each coordinate of the centres has variance 1, as the authors of WGAN-GP do it
// (Gulrajani et al., NeurIPS 2017, section 4 and code).
#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.h"
#include "gan/data/source.h"

namespace saddle {

/// Round normal distributions, all equally wide and equally likely.
struct Mixture {
  std::string name;
  std::vector<std::array<double, 2>> centres;
  double deviation;  ///< standard deviation of each coordinate about its centre
};

/// All that are built in.
const std::vector<Mixture>& mixtures();
/// The mixture of that name, or the one that a MixtureSource's description begins with; nullptr if there is
/// none.
const Mixture* find_mixture(std::string_view text);

/// 100,000 points. Point i is a function of (seed, i); its mode, which is its label, is number i modulo
/// their count.
class MixtureSource : public Source {
 public:
  /// The mixture must outlive the source, as those of mixtures() do.
  MixtureSource(const Mixture& mixture, uint64_t seed);

  std::string description() const override;
  int64_t size() const override { return 100000; }
  bool has_points() const override { return true; }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::string name(int64_t i) const override;
  Example load(int64_t i) const override;
  int64_t label(int64_t i) const override { return i % static_cast<int64_t>(mixture_.centres.size()); }

 private:
  const Mixture& mixture_;
  uint64_t seed_;
  std::vector<std::string> classes_;
};

/// The first `count` points of the mixture, f32 [count, 2, 1, 1] as in a batch.
Tensor points_of(const Mixture& mixture, int64_t count);

}  // namespace saddle
