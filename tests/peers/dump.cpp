#include "tests/peers/dump.h"

#include <functional>
#include <iostream>
#include <map>

#include "core/error.h"

namespace saddle::test {

int dump(const std::string& what, const std::filesystem::path& file,
         const std::filesystem::path& source) try {
  const std::map<std::string, std::function<void()>> dumps{
      {"biggan", [&] { dump_biggan(file); }},         {"dcgan", [&] { dump_dcgan(file); }},
      {"images", [&] { dump_images(file, source); }}, {"networks", [&] { dump_networks(file); }},
      {"objectives", [&] { dump_objectives(file); }}, {"ops", [&] { dump_ops(file); }},
      {"optim", [&] { dump_optim(file); }},           {"spectral_norm", [&] { dump_spectral_norm(file); }},
      {"teaching", [&] { dump_teaching(file); }}};
  const auto found = dumps.find(what);
  require<UsageError>(found != dumps.end(), "--dump: nothing is called '", what, "'");
  found->second();
  return 0;
} catch (const std::exception& e) {
  std::cerr << "saddle-tests: error: " << e.what() << "\n";
  return 1;
}

}  // namespace saddle::test
