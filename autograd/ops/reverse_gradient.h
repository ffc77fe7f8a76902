// The layer of domain-adversarial training.
#pragma once
#include "autograd/variable.h"

namespace saddle {

/// x itself, whose gradient comes back times -strength, a scalar of x's dtype that takes no gradient (Ganin
/// et al., "Domain-Adversarial Training of Neural Networks", JMLR 2016, section 4.2). What comes after it
/// descends, what comes before ascends. No copy. Throws ShapeError for another strength, or another x than
/// f32 or f64.
Variable reverse_gradient(const Variable& x, const Variable& strength);

}  // namespace saddle
