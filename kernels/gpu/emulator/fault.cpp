// Words for faults: threads, blocks, lanes, lines.
#include <dlfcn.h>

#include <array>
#include <cstdio>

#include "kernels/gpu/emulator/machine.h"

namespace saddle::emulator {
namespace {

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string triple(uint64_t number, dim3 size) {
  return concat('(', number % size.x, ',', number / size.x % size.y, ',', number / size.x / size.y, ')');
}

/// What a command prints; empty if it cannot be run.
std::string output_of(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  if (!pipe) return {};
  std::string text;
  std::array<char, 256> buffer;
  while (fgets(buffer.data(), buffer.size(), pipe)) text += buffer.data();
  pclose(pipe);
  return text;
}

}  // namespace

std::string describe(Location where) {
  return concat(base_name(where.file), ':', where.line);
}

std::string describe_code(const void* code) {
  Dl_info object;
  if (!dladdr(code, &object) || !object.dli_fname) return concat("instruction ", code);
  // The address is where the call to a hook returns to; the call lies before it.
  const auto offset = reinterpret_cast<uintptr_t>(code) - reinterpret_cast<uintptr_t>(object.dli_fbase) - 1;
  std::array<char, 32> digits;
  std::snprintf(digits.data(), digits.size(), "0x%zx", offset);
  // Line by line: the innermost inlined function first. The kernel's own line is the first outside this
  // folder.
  const std::string lines =
      output_of(concat("addr2line -i -e '", object.dli_fname, "' ", digits.data(), " 2>/dev/null"));
  for (size_t begin = 0, end; (end = lines.find('\n', begin)) != std::string::npos; begin = end + 1) {
    std::string line = lines.substr(begin, end - begin);
    line = line.substr(0, line.find(' '));  // "(discriminator 2)"
    if (line.find("kernels/gpu/") == std::string::npos && line.find('?') == std::string::npos)
      return base_name(line);
  }
  return concat("instruction ", digits.data(), " of ", base_name(object.dli_fname));
}

std::string describe_thread(unsigned number) {
  return "thread " + triple(number, machine().call->block);
}

std::string describe_block(uint64_t number) {
  return "block " + triple(number, machine().call->grid);
}

std::string describe_mask(unsigned mask) {
  std::array<char, 32> digits;
  std::snprintf(digits.data(), digits.size(), "0x%08x", mask);
  return digits.data();
}

}  // namespace saddle::emulator
