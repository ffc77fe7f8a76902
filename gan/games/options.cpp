#include "gan/games/options.h"

#include <algorithm>
#include <iterator>

#include "core/error.h"

namespace saddle {
namespace {

/// In the order of OptimizerKind.
const std::vector<std::string> optimizers = {"adam", "rmsprop", "sgd"};

std::vector<std::string> penalty_choices() {
  std::vector<std::string> names = penalties();
  names.insert(names.begin(), "none");
  return names;
}

OptimizerKind optimizer_kind(const std::string& name) {
  return static_cast<OptimizerKind>(std::ranges::find(optimizers, name) - optimizers.begin());
}

std::vector<Option> image_options(int64_t size, int64_t batch) {
  return {
      {"size", size, "height and width of the images", 1, 4096},
      {"channels", int64_t{0}, "1: grey, 3: colour, 2: points of the plane, 0: as the data has them", 0, 3},
      {"batch", batch, "images a step", 1, 65536}};
}

std::vector<Option> schedule_options() {
  return {choice_option("lr-schedule", "constant", "how learning rates fall to 0",
                        {"constant", "linear", "cosine"}),
          {"lr-decay-start", int64_t{0}, "step at which they begin to fall", 0},
          {"lr-decay-end", int64_t{0}, "step at which they reach 0; 0: the last one", 0},
          {"seed", int64_t{0}, "of all random numbers: initial weights, latents, order of the data", 0}};
}

/// One after another; a later option takes the place of an earlier one of its name.
std::vector<Option> joined(const std::vector<std::vector<Option>>& groups) {
  std::vector<Option> all;
  for (const std::vector<Option>& group : groups) {
    for (const Option& option : group) {
      const auto earlier = std::ranges::find(all, option.name, &Option::name);
      if (earlier == all.end())
        all.push_back(option);
      else
        *earlier = option;
    }
  }
  return all;
}

/// Of a run's options; a game that is made from a model's own is captured too.
bool is_captured(const Settings& settings) {
  return settings.find("graph") == nullptr || settings.flag("graph");
}

uint64_t seed_of(const Settings& settings) {
  return static_cast<uint64_t>(settings.integer("seed"));
}

/// What must hold between the options of the discriminator's loss.
void check_objective(const Settings& settings) {
  const std::string& penalty = settings.text("penalty");
  const bool penalised = penalty != "none", clipped = settings.number("clip") > 0;
  const bool normalised = settings.flag("spectral-norm");
  require<UsageError>(!penalised || !clipped, "option 'clip': clipped weights bound the slope that penalty ",
                      penalty, " is there for; one of the two will do");
  require<UsageError>(!normalised || !clipped,
                      "option 'clip': with spectral-norm the size of weights no "
                      "longer matters, and their slope is bounded already");
  require<UsageError>(penalised || settings.number("penalty-weight") == 0,
                      "option 'penalty-weight': there is no penalty to weigh; option 'penalty' names one");
  require<UsageError>(penalised || !settings.flag("penalty-one-sided"),
                      "option 'penalty-one-sided': there is no penalty; option 'penalty' names one");
  require<UsageError>(
      penalised || clipped || normalised || settings.text("loss") != "wasserstein",
      "option 'loss': wasserstein measures nothing, and falls without end, unless the slope is "
      "bounded; options 'penalty', 'clip' and 'spectral-norm' do that");
}

}  // namespace

std::vector<Option> model_options(const CommonDefaults& defaults, const std::vector<Option>& own) {
  // clang-format off
  const std::vector<Option> adversarial = {
      {"lr-g", defaults.lr, "the generator's learning rate", 0, 1},
      {"lr-d", defaults.lr, "the discriminator's learning rate", 0, 1},
      {"beta1", defaults.beta1, "Adam's decay of the mean gradient", 0, 0.9999},
      {"beta2", defaults.beta2, "Adam's decay of the mean square gradient", 0, 0.999999},
      {"n-critic", defaults.n_critic, "updates of the discriminator for one of the generator", 1, 100},
      choice_option("optimizer", defaults.optimizer, "of both networks", optimizers),
      {"clip-grad", 0.0, "greatest length of a network's gradient, which is scaled down to it; 0: any", 0},
      choice_option("loss", defaults.loss, "the objective", adversarial_losses()),
      {"label-smoothing", 0.0, "real images count as real by one less this (one-sided)", 0, 0.5},
      {"label-noise", 0.0, "probability that a real and a fake image change sides for the discriminator", 0, 0.5},
      choice_option("penalty", defaults.penalty, "on the discriminator's slope", penalty_choices()),
      {"penalty-weight", 0.0, "weight of the penalty; 0: its paper's", 0},
      {"penalty-one-sided", false, "penalise slopes above 1 only"},
      {"clip", defaults.clip, "bound of the discriminator's weights after each update; 0: none", 0},
      {"spectral-norm", defaults.spectral_norm, "divide the discriminator's weights by their largest singular values"},
      {"ema", defaults.ema, "decay of the moving average of the generator that samples come from; 0: none",
       0, 0.999999},
  };
  // clang-format on
  return joined({image_options(defaults.size, defaults.batch), adversarial, schedule_options(),
                 stabiliser_options(), own});
}

std::vector<Option> single_loss_options(const SingleLossDefaults& defaults, const std::vector<Option>& own) {
  const std::vector<Option> single = {
      {"lr", defaults.lr, "learning rate", 0, 1},
      {"beta1", defaults.beta1, "Adam's decay of the mean gradient", 0, 0.9999},
      {"beta2", defaults.beta2, "Adam's decay of the mean square gradient", 0, 0.999999},
      {"clip-grad", 0.0, "greatest length of the gradient, which is scaled down to it; 0: any", 0},
  };
  return joined({image_options(defaults.size, defaults.batch), single, schedule_options(), own});
}

Option width_option(const std::string& name, int64_t width, const std::string& help) {
  return {name, width, help, 1, 4096};
}

int64_t image_channels(const Settings& settings) {
  const int64_t channels = settings.integer("channels");
  require<UsageError>(channels == 1 || channels == 3, "option 'channels': ", channels, " is not 1 or 3");
  return channels;
}

bool learns_from_labels(const Settings& settings) {
  return settings.find("classes") != nullptr &&
         (settings.find("conditioning") == nullptr || settings.text("conditioning") != "none");
}

Option classes_option() {
  return {"classes", int64_t{0}, "classes of the images; 0: as the data has them", 0, 65536};
}

int64_t class_count(const Settings& settings) {
  const int64_t classes = settings.integer("classes");
  require<UsageError>(classes > 0,
                      "option 'classes': a model that learns from labels needs to know how many");
  return classes;
}

nn::Schedule schedule_from(const Settings& settings, const std::string& lr) {
  const double rate = settings.number(lr);
  const std::string& kind = settings.text("lr-schedule");
  if (kind == "constant") return nn::constant_schedule(rate);

  const int64_t start = settings.integer("lr-decay-start");
  int64_t end = settings.integer("lr-decay-end");
  if (end == 0 && settings.find("steps") != nullptr) end = settings.integer("steps");
  require<UsageError>(end > start, "option 'lr-decay-end': learning rates that begin to fall at step ", start,
                      " cannot reach 0 at step ", end);
  if (kind == "linear") return nn::linear_schedule(rate, start, end);
  const nn::Schedule fall = nn::cosine_schedule(rate, {.steps = end - start});
  return [=](int64_t step) { return fall(std::max<int64_t>(step - start, 0)); };
}

Option choice_option(const std::string& name, const std::string& value, const std::string& help,
                     const std::vector<std::string>& choices) {
  return {.name = name, .value = value, .help = help, .choices = choices};
}

SingleLossOptions single_loss(const Settings& settings) {
  return {.lr = schedule_from(settings, "lr"),
          .beta1 = settings.number("beta1"),
          .beta2 = settings.number("beta2"),
          .clip_grad = settings.number("clip-grad"),
          .graph = is_captured(settings),
          .seed = seed_of(settings)};
}

void check_batch_normalised(const Settings& settings, const std::string& model) {
  require<UsageError>(settings.text("penalty") == "none", "option 'penalty': ", model,
                      "'s discriminator normalises by batch, which mixes samples");
  require<UsageError>(!settings.flag("spectral-norm"), "option 'spectral-norm': ", model,
                      "'s discriminator normalises by batch, which undoes it");
}

AdversarialOptions adversarial_options(const Settings& settings) {
  check_objective(settings);
  const std::string& name = settings.text("penalty");
  return {.loss = adversarial_loss(settings.text("loss"),
                                   {.label_smoothing = settings.number("label-smoothing")}),
          .label_noise = settings.number("label-noise"),
          .penalty =
              name == "none" ? Penalty() : penalty(name, {.one_sided = settings.flag("penalty-one-sided")}),
          .penalty_weight = settings.number("penalty-weight"),
          .stabilisers = stabilisers(settings),
          .spectral_norm = settings.flag("spectral-norm"),
          .clip = settings.number("clip"),
          .clip_grad = settings.number("clip-grad"),
          .optimizer = optimizer_kind(settings.text("optimizer")),
          .lr_g = schedule_from(settings, "lr-g"),
          .lr_d = schedule_from(settings, "lr-d"),
          .beta1 = settings.number("beta1"),
          .beta2 = settings.number("beta2"),
          .n_critic = settings.integer("n-critic"),
          .ema = settings.number("ema"),
          .graph = is_captured(settings),
          .seed = seed_of(settings)};
}

}  // namespace saddle
