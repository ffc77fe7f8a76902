// Sources made of others, and of what a generator makes.
#include "gan/data/mixed.h"

#include <unistd.h>
#include <catch2/catch.hpp>
#include <filesystem>

#include "gan/data/partly_labelled.h"
#include "gan/run/augmentation.h"
#include "gan/run/checkpoint.h"
#include "gan/run/options.h"
#include "tests/gan/squares.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

bool same_pixels(const Example& a, const Example& b) {
  return a.pixels.to_vector<uint8_t>() == b.pixels.to_vector<uint8_t>();
}

/// A checkpoint of an untrained generator of 4 classes.
std::string some_generator() {
  Settings settings = run_settings(find_model("infogan"));
  settings.set("data", std::string("x"));
  settings.set("channels", int64_t{1});
  settings.set("size", int64_t{16});
  settings.set("categories", int64_t{4});
  for (const char* width : {"ngf", "ndf"}) settings.set(width, int64_t{4});
  const auto game = find_model("infogan").make(settings, Device{});
  const auto path =
      std::filesystem::temp_directory_path() / concat("saddle-generator-", ::getpid(), ".safetensors");
  save_checkpoint(path, {.origin = {},
                         .model = "infogan",
                         .step = 7,
                         .settings = training_toml(settings),
                         .data = "x",
                         .game = game->state(),
                         .loader = {}});
  return path.string();
}

}  // namespace

TEST_CASE("two sources are mixed in shares", "[gan][mixed]") {
  const auto a = squares(6, 1), b = squares(10, 2);
  for (const double share : {0.5, 0.2, 0.9}) {
    INFO(share);
    const auto both = mixed(a, b, share);
    int64_t from_a = 0;
    std::vector<int64_t> times_a(6, 0), times_b(10, 0);
    for (int64_t i = 0; i < both->size(); ++i) {
      const Example example = both->load(i);
      CHECK(both->label(i) == example.label);
      for (int64_t j = 0; j < 6; ++j)
        if (same_pixels(example, a->load(j))) ++times_a[static_cast<size_t>(j)], ++from_a;
      for (int64_t j = 0; j < 10; ++j)
        if (same_pixels(example, b->load(j))) ++times_b[static_cast<size_t>(j)];
    }
    CHECK(static_cast<double>(from_a) / static_cast<double>(both->size()) == Approx(share).margin(0.02));
    for (const int64_t times : times_a) CHECK(times > 0);
    for (const int64_t times : times_b) CHECK(times > 0);
    CHECK(both->classes() == a->classes());
  }
  for (const double share : {0.0, 1.0, -0.5})
    CHECK_THROWS_WITH(mixed(a, b, share), Contains("is not from 0.01 to 0.99"));
}

TEST_CASE("the first images of a source, and images without labels", "[gan][mixed]") {
  const auto all = squares(6, 1);
  const auto some = first_images(all, 4);
  CHECK(some->size() == 4);
  CHECK(some->label(3) == 3);
  CHECK(same_pixels(some->load(2), all->load(2)));
  CHECK(first_images(all, 9) == all);
  const auto plain = without_labels(all);
  CHECK(plain->size() == 6);
  CHECK(plain->classes().empty());
  CHECK(plain->label(1) == -1);
  CHECK(plain->load(1).label == -1);
  CHECK(same_pixels(plain->load(1), all->load(1)));
}

TEST_CASE("what a generator makes is a source, the same each time", "[gan][mixed]") {
  const GeneratedImages images{.from = some_generator(), .count = 10};
  const auto real = squares(8, 1);
  const auto made = generated_source(images, real->classes(), Device{}),
             again = generated_source(images, real->classes(), Device{});
  REQUIRE(made->size() == 10);
  CHECK(made->load(0).pixels.shape() == Shape{16, 16, 1});
  for (int64_t i = 0; i < 10; ++i) {
    CHECK(made->label(i) == i % 4);
    CHECK(made->load(i).label == i % 4);
    CHECK(same_pixels(made->load(i), again->load(i)));
  }
  CHECK(!same_pixels(made->load(0), made->load(4)));
  CHECK(augmented(real, images, 1, Device{}) == real);
  CHECK(augmented(real, images, 0, Device{})->size() == 10);
  CHECK(augmented(real, images, 0.5, Device{})->size() == 20);
  CHECK_THROWS_WITH(generated_source(images, {"a", "b"}, Device{}),
                    Contains("makes images of 4 classes, the data has 2"));
  std::filesystem::remove(images.from);
}

TEST_CASE("nothing is generated before an image is asked for", "[gan][mixed]") {
  // These would not fit into the memory of any machine.
  const GeneratedImages images{.from = some_generator(), .count = int64_t{1} << 50};
  const auto made = generated_source(images, squares(8, 1)->classes(), Device{});
  std::filesystem::remove(images.from);
  CHECK(made->size() == images.count);
  CHECK(made->description() == "made by infogan, step 7, 1125899906842624 images 16x16, 4 classes");
  CHECK(made->label(5) == 1);
}

TEST_CASE("sources made of others prepare these", "[gan][mixed]") {
  class Counted : public Source {
   public:
    std::string description() const override { return "counted"; }
    int64_t size() const override { return 4; }
    const std::vector<std::string>& classes() const override { return classes_; }
    std::string name(int64_t) const override { return "one"; }
    Example load(int64_t i) const override {
      return {.pixels = Tensor::zeros({1, 1, 1}, DType::u8), .label = i % 2};
    }
    void prepare() const override { ++prepared; }

    mutable int prepared = 0;

   private:
    std::vector<std::string> classes_ = {"a", "b"};
  };
  const auto source = std::make_shared<Counted>();
  first_images(source, 2)->prepare();
  CHECK(source->prepared == 1);
  without_labels(source)->prepare();
  CHECK(source->prepared == 2);
  partly_labelled(source, 2)->prepare();
  CHECK(source->prepared == 3);
  mixed(source, source, 0.5)->prepare();
  CHECK(source->prepared == 5);
}
