// Errors: every failure is an exception whose text names the operation, the broken rule and the values.
#pragma once
#include <sstream>
#include <stdexcept>
#include <string>

namespace saddle {

/// The work could not be done: data, files, device, memory (exit code 1 of the command-line tools).
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An operation was given shapes, dtypes or values that it refuses.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// The caller asked for something that does not exist or is out of range (exit code 2).
class UsageError : public Error {
 public:
  using Error::Error;
};

/// Memory could not be had; the text holds the size asked for and what is in use.
class OutOfMemory : public Error {
 public:
  using Error::Error;
};

/// Its arguments, streamed one after another.
template <class... Args>
std::string concat(const Args&... args) {
  std::ostringstream out;
  (out << ... << args);
  return out.str();
}

/// Throws E with the concatenated arguments unless `ok`. The text is only built on failure.
template <class E = ShapeError, class... Args>
void require(bool ok, const Args&... args) {
  if (!ok) throw E(concat(args...));
}

}  // namespace saddle
