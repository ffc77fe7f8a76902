#include "gan/games/autoencoder.h"

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "gan/games/parts.h"
#include "nn/evaluation.h"
#include "nn/modules.h"

namespace saddle {
namespace {

constexpr uint32_t weights_stream = 0x6A3E0101, noise_stream = 0x6A3E0102, shown_stream = 0x6A3E0103;

/// Logits of white as an image in [-1, 1]: 2 sigma(x) - 1.
Variable image_of(const Variable& logits) {
  return tanh(0.5 * logits);
}

/// The sum over everything but the batch, averaged over that, of one loss an element.
Variable per_image(const Variable& each) {
  return sum(each) * (1 / static_cast<double>(each.size(0)));
}

/// Of N(mean, exp(log_variance)) from the standard normal distribution, in nats an image (Kingma and Welling,
/// appendix B).
Variable divergence(const Variable& mean, const Variable& log_variance) {
  return per_image(0.5 * (square(mean) + exp(log_variance) - log_variance - 1));
}

}  // namespace

/// Both networks as one, for an optimiser.
class AutoencoderGame::Networks : public nn::Module {
 public:
  explicit Networks(const AutoencoderNetworks& networks)
      : encoder(register_module("encoder", networks.encoder())),
        decoder(register_module("decoder", networks.decoder())) {}

  /// The image of a latent.
  Variable forward(const Variable& latents) override { return image_of((*decoder)(latents)); }

  std::shared_ptr<nn::Module> encoder, decoder;
};

AutoencoderGame::AutoencoderGame(const AutoencoderNetworks& networks, const AutoencoderOptions& options,
                                 Device device)
    : SingleLossGame(options.learning, device),
      options_(options),
      nz_(networks.nz),
      networks_(std::make_shared<Networks>(networks)),
      noise_(derive_seed(learning().seed, noise_stream)) {
  require<UsageError>(options_.beta >= 0 && options_.noise >= 0 && options_.mask >= 0 && options_.mask < 1,
                      "autoencoder: beta ", options_.beta, ", noise ", options_.noise, ", mask ",
                      options_.mask);
  Generator weights(derive_seed(learning().seed, weights_stream));
  networks.init(*networks_, weights);
  learns(networks_);
}

Scalars AutoencoderGame::step(const std::vector<Batch>& batches) {
  const auto work = [this](const auto& inputs) { return train(inputs[0]); };
  if (!options_.variational) return update({only(batches).images}, {"loss"}, work);
  Scalars scalars = update({only(batches).images}, {"loss", "reconstruction", "kl"}, work);
  scalars.emplace_back("elbo", -scalars[1].second - scalars[2].second);
  return scalars;
}

Tensor AutoencoderGame::train(const Tensor& images) {
  const Variable given = corrupts() ? corrupt(images, noise_) : Variable(images);
  Variable code = (*networks_->encoder)(given), kl;
  if (options_.variational) {
    const Variable mean = slice(code, 1, 0, nz_), log_variance = slice(code, 1, nz_, 2 * nz_);
    const Variable noise = random_normal(mean.shape(), noise_, {.device = game_device()});
    code = mean + exp(0.5 * log_variance) * noise;
    kl = divergence(mean, log_variance);
  }
  const Variable logits = (*networks_->decoder)(reshape(code, {code.size(0), nz_, 1, 1}));
  const Variable white = affine(images, 0.5, 0.5);
  const Variable reconstruction = per_image(bce_with_logits(logits, white, Reduction::none));
  const Variable loss = kl.defined() ? reconstruction + options_.beta * kl : reconstruction;
  minimise(loss);
  return as_numbers(kl.defined() ? Variables{loss, reconstruction, kl} : Variables{loss});
}

Variable AutoencoderGame::corrupt(const Variable& images, Generator& random) const {
  const RandomOptions like{.dtype = images.dtype(), .device = images.device()};
  Variable seen = images;
  if (options_.noise > 0) seen = seen + (2 * options_.noise) * random_normal(images.shape(), random, like);
  if (options_.mask > 0) {
    const Shape pixels{images.size(0), 1, images.size(2), images.size(3)};
    const Variable drawn = random_uniform(pixels, random, 0, 1, like);
    const Variable kept = cast(ge(drawn, full_like(drawn, options_.mask)), like.dtype);
    seen = (seen + 1) * kept - 1;
  }
  return seen;
}

Tensor AutoencoderGame::generate(const Tensor& latents, const Tensor& labels) {
  return generate_images(*networks_, {latent_shape(), 0}, game_device(), latents, labels);
}

Variable AutoencoderGame::images_from(const Variable& latents, const Tensor& labels) {
  if (!generates()) return Game::images_from(latents, labels);
  return images_with_gradients(*networks_, {latent_shape(), 0}, latents, labels);
}

std::vector<Tensor> AutoencoderGame::reconstruct(const Tensor& images) {
  const nn::Evaluation evaluation(*networks_);
  const NoGrad no_grad;
  Generator random(derive_seed(learning().seed, shown_stream));
  Variable given = images.to(game_device());
  if (corrupts()) given = corrupt(given, random);
  const int64_t n = images.size(0);
  const Variable code = slice(reshape((*networks_->encoder)(given), {n, -1}), 1, 0, nz_);
  const Variable again = (*networks_)(reshape(code, {n, nz_, 1, 1}));
  return {given.value().to(Device{}), again.value().to(Device{})};
}

std::vector<std::pair<std::string, nn::Module*>> AutoencoderGame::networks() {
  return {{"encoder", networks_->encoder.get()}, {"decoder", networks_->decoder.get()}};
}

}  // namespace saddle
