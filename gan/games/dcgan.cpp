#include "gan/games/image_networks.h"
#include "gan/games/models.h"

namespace saddle {

Model dcgan_model() {
  return model_of_images(
      {.name = "dcgan",
       .title = "Convolutional GAN with batch normalisation, 16x16 to 256x256",
       .paper = "Radford, Metz and Chintala, Unsupervised Representation Learning with Deep Convolutional "
                "Generative Adversarial Networks, ICLR 2016"},
      {});
}

}  // namespace saddle
