#include "tests/peers/dump.h"

#include <functional>
#include <iostream>
#include <map>

#include "core/error.h"

namespace saddle::test {

int dump(const std::string& what, const std::filesystem::path& file) try {
  const std::map<std::string, std::function<void(const std::filesystem::path&)>> dumps{
      {"dcgan", dump_dcgan}, {"ops", dump_ops}, {"optim", dump_optim}};
  const auto found = dumps.find(what);
  require<UsageError>(found != dumps.end(), "--dump: nothing is called '", what, "'");
  found->second(file);
  return 0;
} catch (const std::exception& e) {
  std::cerr << "saddle-tests: error: " << e.what() << "\n";
  return 1;
}

}  // namespace saddle::test
