#include "gan/networks/resnet.h"

#include <map>

#include "autograd/ops/reduce.h"
#include "gan/networks/check.h"
#include "nn/modules.h"

namespace saddle {
namespace {

/// Channels in multiples of f.
struct Up {
  int64_t linear;
  std::vector<int64_t> blocks;
};
struct Down {
  std::vector<int64_t> blocks;
  size_t halvings;  ///< so many of the first blocks halve the image
};

/// The row of a table by size.
template <class Row>
const Row& row(const std::map<int64_t, Row>& table, int64_t size, std::initializer_list<int64_t> widths) {
  const auto found = table.find(size);
  require<UsageError>(found != table.end(), "resnet: size ", size, " is not 32, 48, 64 or 128");
  check_widths("resnet", widths);
  return found->second;
}

const std::map<int64_t, Up> sngan_up = {
    {32, {4, {4, 4, 4}}}, {48, {8, {4, 2, 1}}}, {64, {16, {8, 4, 2, 1}}}, {128, {16, {16, 8, 4, 2, 1}}}};
const std::map<int64_t, Down> sngan_down = {{32, {{2, 2, 2, 2}, 2}},
                                            {48, {{1, 2, 4, 8, 16}, 4}},
                                            {64, {{1, 2, 4, 8, 16}, 5}},
                                            {128, {{1, 2, 4, 8, 16, 16}, 5}}};
const std::map<int64_t, Up> wgan_gp_up = {
    {32, {2, {2, 2, 2}}}, {48, {4, {4, 2, 1}}}, {64, {8, {8, 4, 2, 1}}}, {128, {8, {8, 8, 4, 2, 1}}}};
const std::map<int64_t, Down> wgan_gp_down = {
    {32, {{2, 2, 2, 2}, 2}}, {48, {{2, 4, 4}, 3}}, {64, {{2, 4, 8, 8}, 4}}, {128, {{2, 4, 8, 8, 8}, 5}}};

std::shared_ptr<nn::Sequential> generator(const ResidualGeneratorOptions& options,
                                          const std::map<int64_t, Up>& table) {
  const auto& [size, channels, nz, f, norm] = options;
  const Up& up = row(table, size, {channels, nz, f});
  const int64_t bottom = size >> up.blocks.size();
  int64_t width = up.linear * f;
  auto net = nn::sequential(nn::linear(nz, width * bottom * bottom), nn::unflatten({width, bottom, bottom}));
  for (const int64_t times : up.blocks) {
    const auto make_norm =
        norm ? norm : [](int64_t c) -> std::shared_ptr<nn::Module> { return nn::batch_norm2d(c); };
    net->push(std::make_shared<ResidualBlock>(
        ResidualBlockOptions{.in = width, .out = times * f, .resize = Resize::up, .norm = make_norm}));
    width = times * f;
  }
  net->push(nn::batch_norm2d(width)).push(nn::relu());
  net->push(nn::conv2d(width, channels, 3, {.padding = 1})).push(nn::tanh());
  return net;
}

/// The blocks, of images of so many channels or of features.
void push_blocks(nn::Sequential& net, const Down& down, int64_t width, bool of_images,
                 const ResidualDiscriminatorOptions& options) {
  for (size_t i = 0; i < down.blocks.size(); ++i) {
    const int64_t out = down.blocks[i] * options.ndf;
    const bool first = of_images && i == 0;
    net.push(std::make_shared<ResidualBlock>(
        ResidualBlockOptions{.in = width,
                             .out = out,
                             .hidden = first ? out : width,
                             .resize = i < down.halvings ? Resize::down : Resize::none,
                             .norm = options.norm,
                             .of_images = first}));
    width = out;
  }
}

/// Blocks, the first of images, and what they come to.
std::shared_ptr<nn::Sequential> trunk(const Down& down, const ResidualDiscriminatorOptions& options,
                                      Variable (*pool)(const Variable&, const Axes&, bool)) {
  auto net = nn::sequential();
  push_blocks(*net, down, options.channels, true, options);
  net->push(nn::relu()).push(nn::apply([=](const Variable& x) { return pool(x, {2, 3}, false); }));
  return net;
}

}  // namespace

std::shared_ptr<nn::Sequential> sngan_generator(const ResidualGeneratorOptions& options) {
  return generator(options, sngan_up);
}

std::shared_ptr<nn::Sequential> wgan_gp_generator(const ResidualGeneratorOptions& options) {
  return generator(options, wgan_gp_up);
}

int64_t sngan_width(int64_t f, int64_t size) {
  return f * row(sngan_down, size, {f}).blocks.back();
}

std::shared_ptr<nn::Sequential> sngan_trunk(const ResidualDiscriminatorOptions& options) {
  return trunk(row(sngan_down, options.size, {options.channels, options.ndf}), options, sum);
}

std::shared_ptr<nn::Sequential> sngan_discriminator(const ResidualDiscriminatorOptions& options) {
  auto net = sngan_trunk(options);
  net->push(nn::linear(sngan_width(options.ndf, options.size), 1)).push(nn::flatten(0));
  return net;
}

std::shared_ptr<nn::Sequential> wgan_gp_critic(const ResidualDiscriminatorOptions& options) {
  const auto& [size, channels, f, norm] = options;
  const Down& down = row(wgan_gp_down, size, {channels, f});
  const int64_t width = down.blocks.back() * f, smallest = size >> down.halvings;
  std::shared_ptr<nn::Sequential> net;
  int64_t features = width;
  if (size == 32) {
    net = trunk(down, options, mean);
  } else {
    net = nn::sequential(nn::conv2d(channels, f, 3, {.padding = 1}));
    push_blocks(*net, down, f, false, options);
    net->push(nn::flatten());
    features = width * smallest * smallest;
  }
  net->push(nn::linear(features, 1)).push(nn::flatten(0));
  return net;
}

}  // namespace saddle
