// What a Variable points to. Private to autograd/.
#pragma once
#include "autograd/graph.h"
#include "autograd/variable.h"

namespace saddle {

struct Variable::Impl {
  Tensor value;
  bool requires_grad = false;
  std::shared_ptr<Node> creator;
  Variable grad;
};

}  // namespace saddle
