// A shared library that may be missing.
#pragma once
#include <dlfcn.h>

#include <initializer_list>

#include "core/error.h"

namespace saddle::bench {

class Library {
 public:
  /// Opens the first of the names that there is; LD_LIBRARY_PATH holds here as elsewhere. Never closed.
  explicit Library(std::initializer_list<const char*> names) {
    for (const char* name : names)
      if (!handle_) handle_ = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  }
  bool loaded() const { return handle_ != nullptr; }
  /// Throws Error if the library has no such function.
  template <class Function>
  Function* find(const char* name) const {
    void* const function = handle_ ? dlsym(handle_, name) : nullptr;
    require(function != nullptr, "no function ", name, " in the library");
    return reinterpret_cast<Function*>(function);
  }

 private:
  void* handle_ = nullptr;
};

struct LibraryVersion {
  bool loaded;
  std::string text;  ///< `cuDNN 9.12.0`, or that it was not found
};

}  // namespace saddle::bench
