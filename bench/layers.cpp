#include "bench/layers.h"

#include <algorithm>

namespace saddle::bench {

Shape ConvLayer::y() const {
  const int64_t size = kernels::conv_output_size(image, kernel, stride, padding, 1);
  return {batch, out, size, size};
}

kernels::Conv2dOptions ConvLayer::options() const {
  return {.stride = {stride, stride}, .padding = {padding, padding}};
}

double ConvLayer::operations() const {
  return 2.0 * static_cast<double>(y().numel()) * static_cast<double>(in * kernel * kernel);
}

std::string ConvLayer::str() const {
  return concat(batch, "x", in, "x", image, "x", image, " - ", out, "x", y()[2], "x", y()[3], ", ", kernel,
                "x", kernel, stride > 1 ? concat(" stride ", stride) : "");
}

bool ConvLayer::same_call(const ConvLayer& other) const {
  return x() == other.x() && w() == other.w() && stride == other.stride && padding == other.padding;
}

void Network::push(const ConvLayer& layer) {
  require(layer.y()[2] > 0, name, ": the image is too small for a layer: ", layer.str());
  const bool again =
      !layers.empty() && layers.back().same_call(layer) && layers.back().follows == layer.follows;
  if (again)
    ++layers.back().count;
  else
    layers.push_back(layer);
}

Network& Network::conv(int64_t out, int64_t kernel, int64_t stride, int64_t padding, Follows follows) {
  push({batch_, channels_, image_, out, kernel, stride, padding, false, follows});
  channels_ = out;
  image_ = kernels::conv_output_size(image_, kernel, stride, padding, 1);
  return *this;
}

Network& Network::up(int64_t out, int64_t kernel, int64_t stride, int64_t padding, int64_t output_padding,
                     Follows follows) {
  image_ = (image_ - 1) * stride - 2 * padding + kernel + output_padding;
  push({batch_, out, image_, channels_, kernel, stride, padding, true, follows});
  channels_ = out;
  return *this;
}

Network& Network::pad(int64_t border) {
  image_ += 2 * border;
  return *this;
}

Network& Network::join(int64_t channels) {
  channels_ += channels;
  return *this;
}

Network& Network::resize(int64_t image) {
  image_ = image;
  return *this;
}

namespace {

/// A layer norm moves as many bytes as an instance norm.
Follows follows_of(Normalization norm) {
  if (norm == Normalization::none) return Follows::nothing;
  return norm == Normalization::batch ? Follows::batch_norm : Follows::instance_norm;
}

}  // namespace

Network layers_of(const DcganGeneratorOptions& options, int64_t batch) {
  const auto& [size, channels, nz, f, squash, norm] = options;
  int64_t width = f * size / 8;
  Network net("DCGAN generator", batch, nz, 1);
  net.up(width, 4, 1, 0, 0, Follows::batch_norm);
  for (; width > f; width /= 2) net.up(width / 2, 4, 2, 1, 0, Follows::batch_norm);
  net.up(channels, 4, 2, 1, 0);
  return net;
}

Network layers_of(const DcganDiscriminatorOptions& options, int64_t batch) {
  const auto [size, channels, f, norm, outputs] = options;
  Network net("DCGAN discriminator", batch, channels, size);
  net.conv(f, 4, 2, 1);
  int64_t width = f;
  for (; width < f * size / 8; width *= 2) net.conv(2 * width, 4, 2, 1, follows_of(norm));
  net.conv(outputs, 4, 1, 0);
  return net;
}

Network layers_of(const ResnetGeneratorOptions& options, int64_t batch, int64_t image) {
  const auto [in, out, f, blocks] = options;
  constexpr Follows norm = Follows::instance_norm;
  Network net(concat("ResNet-", blocks, " generator"), batch, in, image);
  net.pad(3).conv(f, 7, 1, 0, norm).conv(2 * f, 3, 2, 1, norm).conv(4 * f, 3, 2, 1, norm);
  for (int64_t i = 0; i < 2 * blocks; ++i) net.pad(1).conv(4 * f, 3, 1, 0, norm);
  net.up(2 * f, 3, 2, 1, 1, norm).up(f, 3, 2, 1, 1, norm).pad(3).conv(out, 7, 1, 0);
  return net;
}

Network layers_of(const PatchganOptions& options, int64_t batch, int64_t image) {
  const auto [channels, f, halvings, norm] = options;
  const Follows follows = follows_of(norm);
  Network net("PatchGAN", batch, channels, image);
  net.conv(f, 4, 2, 1);
  for (int64_t i = 1; i <= halvings; ++i)
    net.conv(f * std::min<int64_t>(int64_t{1} << i, 8), 4, i < halvings ? 2 : 1, 1, follows);
  net.conv(1, 4, 1, 1);
  return net;
}

Network layers_of(const UnetOptions& options, int64_t batch, int64_t image) {
  const auto [in, out, f, downs] = options;
  const auto width = [&](int64_t i) { return f * std::min<int64_t>(int64_t{1} << i, 8); };
  Network net(concat("U-Net-", int64_t{1} << downs), batch, in, image);
  for (int64_t i = 0; i < downs; ++i)
    net.conv(width(i), 4, 2, 1, i == 0 || i == downs - 1 ? Follows::nothing : Follows::batch_norm);
  for (int64_t i = downs - 1; i >= 0; --i) {
    if (i < downs - 1) net.join(width(i));
    net.up(i == 0 ? out : width(i - 1), 4, 2, 1, 0, i == 0 ? Follows::nothing : Follows::batch_norm);
  }
  return net;
}

Network stylegan_synthesis(int64_t size, int64_t widest, int64_t batch) {
  Network net("StyleGAN synthesis", batch, widest, 4);
  for (int64_t image = 4; image <= size; image *= 2) {
    const int64_t width = std::min(widest, std::max<int64_t>(16384 / image, 1));
    if (image > 4) net.resize(image).conv(width, 3, 1, 1, Follows::instance_norm);
    net.conv(width, 3, 1, 1, Follows::instance_norm);
  }
  return net;
}

std::vector<Network> networks(Scale scale) {
  if (scale == Scale::small) {
    const int64_t width = 2;
    return {layers_of(DcganGeneratorOptions{.size = 16, .nz = 5, .ngf = width}, 2),
            layers_of(DcganDiscriminatorOptions{.size = 16, .ndf = width}, 2),
            layers_of(ResnetGeneratorOptions{.width = width, .blocks = 1}, 1, 8),
            layers_of(PatchganOptions{.width = width}, 1, 32),
            layers_of(UnetOptions{.width = width, .downs = 4}, 1, 16),
            stylegan_synthesis(8, width, 1)};
  }
  const bool gpu = scale == Scale::gpu;
  const int64_t dcgan_batch = gpu ? 128 : 64, translated = gpu ? 256 : 128;
  const ResnetGeneratorOptions resnet{.blocks = gpu ? 9 : 6};
  std::vector<Network> all{layers_of(DcganGeneratorOptions{}, dcgan_batch),
                           layers_of(DcganDiscriminatorOptions{}, dcgan_batch),
                           layers_of(resnet, 1, translated)};
  if (gpu) all.push_back(layers_of(resnet, 8, translated));
  all.push_back(layers_of(PatchganOptions{}, 1, translated));
  all.push_back(layers_of(UnetOptions{}, 1, 256));
  all.push_back(layers_of(PatchganOptions{.channels = 6, .norm = Normalization::batch}, 1, 256));
  all.push_back(stylegan_synthesis(256, 512, gpu ? 8 : 1));
  return all;
}

}  // namespace saddle::bench
