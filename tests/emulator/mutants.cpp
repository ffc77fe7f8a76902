#include "tests/emulator/mutants.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

bool saddle::test::keep(const char* place) {
  static const char* const left_out = std::getenv("MUTANT");
  if (!left_out || std::strcmp(place, left_out) != 0) return true;
  static bool told = false;
  if (!told) std::printf("left out %s\n", place);
  std::fflush(stdout);
  told = true;
  return false;
}
