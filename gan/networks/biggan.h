// The networks of Brock, Donahue and Simonyan, "Large Scale GAN Training for High Fidelity Natural Image
// Synthesis", ICLR 2019, appendix B (128), and the authors' PyTorch code (32, 64). Both throw UsageError for
// other sizes, and unless all numbers are positive. Weights: init_biggan.
#pragma once
#include "nn/modules/conditional_norm.h"
#include "nn/modules/embedding.h"
#include "nn/modules/linear.h"
#include "nn/modules/sequential.h"

namespace saddle {

/// Batch norm of [N, channels, H, W] whose scale and shift are linear in a condition c [N, length]:
///   (x - mean) / sqrt(var + eps) * (1 + gain(c)) + bias(c).
/// Weights are `gain.weight` and `bias.weight` [channels, length].
class ModulatedBatchNorm2d : public nn::GivenBatchNorm {
 public:
  ModulatedBatchNorm2d(int64_t channels, int64_t length);

 private:
  Affine affine(const Variable& x, const Variable& c) override;

  std::shared_ptr<nn::Linear> gain_, bias_;
};

struct BigGanGeneratorOptions {
  int64_t size = 128;    ///< 32, 64 or 128
  int64_t channels = 3;  ///< of the images
  int64_t classes = 1000;
  int64_t nz = 120;         ///< length of the latents
  int64_t ch = 96;          ///< channels before the last layer; at 32, a quarter of them
  int64_t embedding = 128;  ///< length of a class's vector
  bool attention = true;    ///< self-attention, once images have half their height
};

/// [N, nz] and classes i64 [N] -> [N, channels, size, size] in [-1, 1]. The latent is cut into chunks of
/// equal length, one for the linear layer, which also gets what is left over, and one for each block; beside
/// each goes the class's vector, which all layers share. At 128:
///
///   linear(chunk + vector -> 16ch at 4x4)
///   residual blocks that double the image, to 16ch, 8ch, 4ch, 2ch, self-attention, ch
///   batch norm, relu, conv2d(ch -> channels, 3, padding 1), tanh
///
/// The blocks (gan/networks/residual_block.h) have ModulatedBatchNorm2d, whose condition is chunk and vector.
/// At 64 channels are 16ch; 16ch, 8ch, 4ch, 2ch, at 32 all are 4ch. All weights but the classes' vectors are
/// spectrally normalised. Weights are `shared.*`, `linear.*`, `blocks.<position>.*` and `output.*`.
class BigGanGenerator : public nn::Module {
 public:
  explicit BigGanGenerator(const BigGanGeneratorOptions& options);
  /// Throws UsageError: the class is missing.
  Variable forward(const Variable& z) override;
  Variable forward_given(const Variable& z, const Variable& classes) override;

 private:
  int64_t chunk_;   // length of the blocks' chunks
  int64_t bottom_;  // height of the smallest image
  std::shared_ptr<nn::Embedding> shared_;
  std::shared_ptr<nn::Linear> linear_;
  std::shared_ptr<nn::Sequential> blocks_, output_;
};

struct BigGanDiscriminatorOptions {
  int64_t size = 128;    ///< 32, 64 or 128
  int64_t channels = 3;  ///< of the images
  int64_t classes = 1000;
  int64_t ch = 96;        ///< channels after the first block; at 32, a quarter of them
  bool attention = true;  ///< self-attention, once images have half their height
};

/// [N, channels, size, size] and classes i64 [N] -> outputs [N]: blocks that halve the image (v) or do not,
/// the first of them of images, then relu, the sum h over all positions, and linear(h) + embed(class) . h
/// (ProjectionDiscriminator, gan/networks/conditional.h). Channels after each block:
///
///   32     4chv attention  4chv  4ch   4ch
///   64     chv attention   2chv  4chv  8chv  16ch
///   128    chv attention   2chv  4chv  8chv  16chv  16ch
///
/// The game normalises weights spectrally.
std::shared_ptr<nn::Module> biggan_discriminator(const BigGanDiscriminatorOptions& options);

/// All weights orthogonal (nn::init::orthogonal_), biases 0, normalisation and attention by their own rule.
void init_biggan(nn::Module& network, Generator& generator);

}  // namespace saddle
