// Who tells classes of images: games that learn to do so, for those who score, attack or follow them.
#pragma once
#include "autograd/variable.h"
#include "gan/game.h"

namespace saddle {

/// A game that is one implements this beside Game.
class Classifier {
 public:
  virtual ~Classifier() = default;

  virtual int64_t class_count() const = 0;
  /// Whether its classes are those of labels. Others are categories that it found by itself: which goes with
  /// which label, a matching has to say (best_answers in gan/confusion.h).
  virtual bool knows_labels() const { return true; }
  virtual Device device() const = 0;
  /// Logits f32 [N, class_count()] of images f32 [N, C, H, W] in [-1, 1] on the device, in evaluation mode.
  /// Gradients flow to the images and to no weight. Changes no state.
  virtual Variable logits(const Variable& images) = 0;
};

/// The game as a classifier. Throws UsageError that begins with `origin`, the file that it came from, unless
/// it is one.
Classifier& classifier_in(Game& game, const std::string& origin);

/// Whether the game's classes are categories that it found by itself.
bool has_own_categories(const Game& game);

/// The likeliest class of each image, i64 [N], on the host. Images f32 [N, C, H, W] lie anywhere.
Tensor classify(Classifier& classifier, const Tensor& images);

}  // namespace saddle
