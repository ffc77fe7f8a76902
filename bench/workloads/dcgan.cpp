#include "bench/workloads/workloads.h"
#include "gan/game.h"

namespace saddle::bench {

std::function<void()> dcgan(const Workload& workload, Device device) {
  const Model& model = find_model("dcgan");
  std::vector<Option> options = model.options;
  options.push_back({"graph", workload.graph, "as gan-train's"});  // the game captures its steps by itself
  Settings settings(options);
  settings.set("size", workload.size);
  settings.set("channels", int64_t{3});
  settings.set("batch", workload.batch);
  const std::shared_ptr<Game> game = model.make(settings, device);
  Generator random(0);
  const Tensor images = random_images(workload, random, device);
  return [game, batches = std::vector<Batch>{{.images = images, .labels = {}}}] { game->step(batches); };
}

}  // namespace saddle::bench
