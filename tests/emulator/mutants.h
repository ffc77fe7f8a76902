// What mutants.py puts before each barrier of the kernels that it mutates.
#pragma once

namespace saddle::test {

/// Whether the call at `place` ("file.cu:12") is to be made: false for the one that the environment's MUTANT
/// names.
bool keep(const char* place);

}  // namespace saddle::test
