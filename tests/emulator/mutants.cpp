// The part of mutants.py that lives in the test programs: tells which barriers each test case comes to, and
// leaves one of them out. A barrier is here any barrier, wait or fence, known by its kernel and line.
//
// MUTANTS_REACHED=FILE   writes a line for each test case and barrier: seconds, kernel, file:line, test case
// MUTANT="kernel file:line"   leaves that barrier out, and says so at the end if a test came to it
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "core/error.h"
#include "kernels/gpu/emulator/emulator.h"

namespace {

using namespace saddle;

/// "kernel file:line"; of "(kernel<T>)", as a launch spells a template's kernel, the name.
std::string name_of(const char* kernel, const char* file, int line) {
  std::string_view name = kernel;
  name.remove_prefix(std::min(name.find_first_not_of("( "), name.size()));
  name = name.substr(0, name.find_first_of("<) "));
  const char* const slash = std::strrchr(file, '/');
  return concat(name, ' ', slash ? slash + 1 : file, ':', line);
}

using Barrier = std::tuple<const char*, const char*, int>;
std::set<Barrier> reached;  // by the test case that runs
std::string left_out;
bool was_left_out = false;

bool note(const char* kernel, const char* file, int line) {
  reached.emplace(kernel, file, line);
  return true;
}

bool keep(const char* kernel, const char* file, int line) {
  static Barrier last;
  static bool last_kept = true;
  if (const Barrier barrier{kernel, file, line}; barrier != last) {
    last = barrier;
    last_kept = name_of(kernel, file, line) != left_out;
    was_left_out |= !last_kept;
  }
  return last_kept;
}

class Mutants : public Catch::TestEventListenerBase {
 public:
  using TestEventListenerBase::TestEventListenerBase;

  void testRunStarting(const Catch::TestRunInfo&) override {
    if (const char* const mutant = std::getenv("MUTANT")) {
      left_out = mutant;
      emulator::set_keep(keep);
    } else if (const char* const path = std::getenv("MUTANTS_REACHED")) {
      list_.open(path);
      emulator::set_keep(note);
    }
  }
  void testCaseStarting(const Catch::TestCaseInfo&) override {
    reached.clear();
    timer_.start();
  }
  void testCaseEnded(const Catch::TestCaseStats& test) override {
    const double seconds = timer_.getElapsedSeconds();
    std::set<std::string> names;
    for (const auto& [kernel, file, line] : reached) names.insert(name_of(kernel, file, line));
    for (const std::string& name : names)
      list_ << seconds << ' ' << name << ' ' << test.testInfo.name << '\n';
  }
  void testRunEnded(const Catch::TestRunStats&) override {
    if (was_left_out) std::cout << "left out " << left_out << std::endl;
  }

 private:
  std::ofstream list_;
  Catch::Timer timer_;
};

CATCH_REGISTER_LISTENER(Mutants)

}  // namespace
