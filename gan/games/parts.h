// What games have in common: their parts as tensors of a state, and images from a generator.
#pragma once
#include "core/named_tensors.h"
#include "core/random.h"
#include "gan/game.h"
#include "nn/optim/optimizer.h"

namespace saddle {

/// Adds the tensors of a part, each name with `prefix` in front.
void append(NamedTensors& state, const std::string& prefix, const NamedTensors& part);
/// Adds where a random stream is.
void put_stream(NamedTensors& state, const std::string& name, const Generator& random);
/// Moves the stream to where put_stream found it.
void take_stream(const NamedTensors& state, const std::string& name, Generator& random);

/// Throws Error that names the step, the number and what may help against it, unless all are finite.
void require_finite(const Scalars& scalars, int64_t step, const char* help);

/// One update of the network by the gradient of a scalar loss, scaled down to the length `clip_grad` unless
/// that is 0.
void minimise(nn::Module& network, nn::Optimizer& optimizer, const Variable& loss, double clip_grad);

/// What the network makes of x, given a condition if that is defined, in evaluation mode. Gradients flow to x
/// and to no weight.
Variable evaluated(nn::Module& network, const Variable& x, const Variable& condition = {});

/// What a generator is given: extents of one latent, and how many classes it knows, 0: none.
struct GeneratorInput {
  Shape latent;
  int64_t classes = 0;
};

/// Throws ShapeError for latents of another shape or dtype, and UsageError unless there is a label of a known
/// class for each where there are classes, and none where there are not.
void check_generator_input(const GeneratorInput& input, const Tensor& latents, const Tensor& labels);

/// The network's images, on the host, in evaluation mode and in pieces of bounded memory: as Game::generate
/// has it. Throws as check_generator_input.
Tensor generate_images(nn::Module& generator, const GeneratorInput& input, Device device,
                       const Tensor& latents, const Tensor& labels);
/// The same as Game::images_from has it.
Variable images_with_gradients(nn::Module& generator, const GeneratorInput& input, const Variable& latents,
                               const Tensor& labels);

}  // namespace saddle
