// What the scripts of this folder compare with PyTorch: `saddle-tests --dump WHAT FILE` computes it here and
// writes it, inputs and results, to a safetensors file whose metadata says what each tensor is.
#pragma once
#include <filesystem>
#include <string>

namespace saddle::test {

/// Writes what is called `what`, one of the names below without `dump_`, to `file`. Returns the program's
/// exit code; says on stderr what went wrong.
int dump(const std::string& what, const std::filesystem::path& file, const std::filesystem::path& source);

/// Every sample of the op table: value and, where a gradient flows, gradients of first and second order.
void dump_ops(const std::filesystem::path& file);
/// Some steps of every optimiser.
void dump_optim(const std::filesystem::path& file);
/// BigGAN's networks, forward and backward, and orthogonal regularisation.
void dump_biggan(const std::filesystem::path& file);
/// Steps of DCGAN games, and images of their generators.
void dump_dcgan(const std::filesystem::path& file);
/// Networks of image translation, images, and their outputs.
void dump_networks(const std::filesystem::path& file);
/// Gradient penalties of critics, and WGAN-GP games.
void dump_objectives(const std::filesystem::path& file);
/// Layers with spectral normalisation, forward and backward, and a critic of such layers.
void dump_spectral_norm(const std::filesystem::path& file);
/// Losses after a learner's own learning, and their gradients by all that it learned from.
void dump_teaching(const std::filesystem::path& file);
/// Latents, and the images that the DCGAN generator in the safetensors file `source` makes of them.
void dump_images(const std::filesystem::path& file, const std::filesystem::path& source);

}  // namespace saddle::test
