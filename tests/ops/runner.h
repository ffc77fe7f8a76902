#pragma once

namespace saddle::test {

/// Turns the op table into Catch2 test cases; called once, before the session runs.
void register_op_tests();

}  // namespace saddle::test
