#include "nn/modules/shape.h"

#include "autograd/ops/shape.h"

namespace saddle::nn {

std::shared_ptr<Module> identity() {
  return apply([](const Variable& x) { return x; });
}

std::shared_ptr<Module> flatten(int from, int to) {
  return apply([from, to](const Variable& x) {
    const int first = x.shape().axis(from), last = x.shape().axis(to);
    require(first <= last, "flatten: axis ", from, " lies behind axis ", to, " of ", x.shape());
    int64_t flat = 1;
    for (int i = first; i <= last; ++i) flat *= x.size(i);
    Shape shape;
    for (int i = 0; i < first; ++i) shape.push_back(x.size(i));
    shape.push_back(flat);
    for (int i = last + 1; i < x.rank(); ++i) shape.push_back(x.size(i));
    return reshape(x, shape);
  });
}

std::shared_ptr<Module> unflatten(std::initializer_list<int64_t> extents) {
  return apply([extents = std::vector<int64_t>(extents)](const Variable& x) {
    std::vector<int64_t> shape = {x.size(0)};
    shape.insert(shape.end(), extents.begin(), extents.end());
    return reshape(x, shape);
  });
}

}  // namespace saddle::nn
