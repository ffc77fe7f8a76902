#include "gan/games/infogan.h"

#include "autograd/ops.h"
#include "gan/augment/places.h"
#include "gan/batch_shape.h"
#include "gan/games/models.h"
#include "gan/games/options.h"
#include "gan/games/parts.h"
#include "gan/networks/dcgan.h"
#include "gan/networks/heads.h"
#include "gan/networks/init.h"
#include "nn/modules.h"

namespace saddle {
namespace {

/// Of the layer between the shared features and the codes, as the paper's appendix C.1 has it.
constexpr int64_t q_width = 128;

/// [N, width, 4, 4] -> the answers [N, length].
std::shared_ptr<nn::Module> recognition_head(int64_t width, int64_t length) {
  return nn::sequential(nn::conv2d(width, q_width, 4, {.bias = false}), nn::batch_norm2d(q_width),
                        nn::leaky_relu(0.1), nn::conv2d(q_width, length, 1), nn::flatten());
}

std::unique_ptr<Game> make(const Settings& settings, Device device) {
  const Codes codes{.categories = settings.integer("categories"),
                    .continuous = settings.integer("continuous"),
                    .weight_categorical = settings.number("lambda-categorical"),
                    .weight_continuous = settings.number("lambda-continuous")};
  const int64_t size = settings.integer("size"), channels = image_channels(settings);
  const DcganGeneratorOptions g{size, channels, settings.integer("nz") + codes.length(),
                                settings.integer("ngf")};
  const DcganDiscriminatorOptions d{.size = size, .channels = channels, .ndf = settings.integer("ndf")};
  const int64_t width = dcgan_width(d.ndf, size);
  const Shape latent{g.nz, 1, 1};
  const AdversarialNetworks networks{
      .generator = [=] { return dcgan_generator(g); },
      .discriminator =
          [=] {
            const auto real = nn::sequential(nn::conv2d(width, 1, 4, {.bias = false}), nn::flatten());
            return std::make_shared<Heads>(
                dcgan_trunk(d),
                std::vector<std::shared_ptr<nn::Module>>{real, recognition_head(width, codes.length())});
          },
      .init = init_normal,
      .latent = latent,
      .draw = latents_with_codes(latent, codes)};
  check_batch_normalised(settings, "infogan");
  AdversarialOptions options = adversarial_options(settings);
  options.task = code_of_fakes(codes);
  return std::make_unique<InfoGanGame>(networks, options, codes, device);
}

}  // namespace

DrawLatents latents_with_codes(const Shape& latent, const Codes& codes) {
  return [=](int64_t count, Generator& random, Device device) {
    const RandomOptions there{.device = device};
    const Variable noise = random_normal({count, latent.numel() - codes.length()}, random, there);
    const Variable category = random_whole({count}, 0, codes.categories - 1, random, device);
    Variables parts = {noise, one_hot(cast(category, DType::i64), codes.categories)};
    if (codes.continuous > 0)
      parts.emplace_back(random_uniform({count, codes.continuous}, random, -1, 1, there));
    return reshape(concat(parts, 1), batch_shape(count, latent)).value();
  };
}

Variable InfoGanGame::coded(const Variable& latents, const Tensor& labels) const {
  check_generator_input({latent_shape(), classes()}, latents.value(), labels);
  const int64_t noise = normal_numbers(), rest = noise + codes_.categories;
  const Variable flat = reshape(latents, {latents.size(0), -1});
  Variables parts = {slice(flat, 1, 0, noise), one_hot(labels.to(latents.device()), codes_.categories)};
  if (codes_.continuous > 0) parts.push_back(slice(flat, 1, rest, flat.size(1)));
  return reshape(concat(parts, 1), latents.shape());
}

Tensor InfoGanGame::generate(const Tensor& latents, const Tensor& labels) {
  const NoGrad no_grad;
  return AdversarialGame::generate(coded(latents, labels).value());
}

Variable InfoGanGame::images_from(const Variable& latents, const Tensor& labels) {
  return AdversarialGame::images_from(coded(latents, labels));
}

/// Networks of DCGAN's kind, learning rates and codes as for MNIST in the paper's appendix C.1.
Model infogan_model() {
  std::vector<Option> own = {
      width_option("nz", 62, "numbers of noise in a latent, beside the codes"),
      width_option("ngf", 32, "channels of the generator's last block"),
      width_option("ndf", 32, "channels of the discriminator's first block"),
      {"categories", int64_t{10}, "of the categorical code", 2, 4096},
      {"continuous", int64_t{2}, "continuous codes", 0, 4096},
      {"lambda-categorical", 1.0, "weight of the categorical code's mutual information", 0},
      {"lambda-continuous", 0.1, "weight of the continuous codes' mutual information", 0},
      {"lr-g", 1e-3, "the generator's learning rate", 0, 1},
  };
  return {.name = "infogan",
          .title = "Finds categories and directions in unlabelled images: codes that can be read back",
          .paper =
              "Chen et al., InfoGAN: Interpretable Representation Learning by Information Maximizing "
              "Generative Adversarial Nets, NeurIPS 2016",
          .options = model_options({.size = 32, .batch = 128}, own),
          .make = make};
}

}  // namespace saddle
