#include "gan/networks/extras.h"

#include "nn/modules/dropout.h"
#include "nn/modules/minibatch.h"

namespace saddle {

void push_dropout(nn::Sequential& net, const DiscriminatorExtras& extras) {
  if (extras.dropout > 0) net.push(nn::dropout(extras.dropout, *extras.random));
}

int64_t push_minibatch(nn::Sequential& net, int64_t features, const DiscriminatorExtras& extras) {
  switch (extras.minibatch) {
    case Minibatch::none:
      return features;
    case Minibatch::stddev:
      net.push(nn::minibatch_stddev());
      return features + 1;
    case Minibatch::discrimination:
      break;
  }
  const nn::MinibatchDiscriminationOptions options;
  net.push(nn::minibatch_discrimination(features, options));
  return features + options.kernels;
}

}  // namespace saddle
