#include "gan/data/loader.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>
#include <set>
#include <thread>

#include "core/io/image.h"
#include "tests/core/io/scratch.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

using Labels = std::vector<int64_t>;

/// Images of 2x2 whose pixels are twice their label, one more in the right column; the label is the number.
class Numbers : public Source {
 public:
  explicit Numbers(int64_t size, std::set<int64_t> bad = {}) : size_(size), bad_(std::move(bad)) {
    for (int64_t i = 0; i < size; ++i) classes_.push_back(std::to_string(i));
  }

  std::string description() const override { return "numbers"; }
  int64_t size() const override { return size_; }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::string name(int64_t i) const override { return concat("number ", i); }
  Example load(int64_t i) const override {
    ++loads;
    require<OutOfMemory>(i != exhausting, "no memory");
    require<Error>(!bad_.contains(i), name(i), ": bad");
    const auto level = static_cast<uint8_t>(2 * i), right = static_cast<uint8_t>(2 * i + 1);
    return {Tensor::from(std::vector{level, right, level, right}, {2, 2, 1}), i};
  }

  void prepare() const override {
    if (loads == 0) prepared_on = std::this_thread::get_id();
  }

  mutable std::atomic<int64_t> loads = 0;
  mutable std::thread::id prepared_on;  // if before the first load
  int64_t exhausting = -1;

 private:
  int64_t size_;
  std::set<int64_t> bad_;
  std::vector<std::string> classes_;
};

LoaderOptions small(int64_t batch, int prefetch) {
  return {.batch = batch, .size = 2, .channels = 1, .seed = 5, .prefetch = prefetch};
}

Labels take(Loader& loader, int batches) {
  Labels all;
  for (int i = 0; i < batches; ++i)
    for (const int64_t label : loader.next().labels.to_vector<int64_t>()) all.push_back(label);
  return all;
}

bool same(const Batch& a, const Batch& b) {
  return a.images.shape() == b.images.shape() && a.images.to_vector<float>() == b.images.to_vector<float>() &&
         a.labels.to_vector<int64_t>() == b.labels.to_vector<int64_t>();
}

NamedTensors state_at(int64_t epoch, int64_t index) {
  return {{"data.epoch", Tensor::from(std::vector{epoch}, {})},
          {"data.index", Tensor::from(std::vector{index}, {})}};
}

}  // namespace

TEST_CASE("an epoch is a permutation, another each epoch and seed", "[data][loader]") {
  const auto source = std::make_shared<Numbers>(40);
  Loader loader(source, small(16, 2));
  const Labels all = take(loader, 10);  // four epochs, which no batch ends at but the last
  std::set<Labels> epochs;
  Labels in_order(40);
  std::iota(in_order.begin(), in_order.end(), 0);
  for (auto at = all.begin(); at != all.end(); at += 40) {
    Labels epoch(at, at + 40);
    epochs.insert(epoch);
    CHECK(epoch != in_order);
    std::ranges::sort(epoch);
    CHECK(epoch == in_order);
  }
  CHECK(epochs.size() == 4);

  LoaderOptions options = small(16, 2);
  options.seed = 6;
  Loader other(source, options);
  CHECK(take(other, 10) != all);
  options.shuffle = false;
  Loader unshuffled(source, options);
  CHECK(take(unshuffled, 5) == [&] {
    Labels twice = in_order;
    twice.insert(twice.end(), in_order.begin(), in_order.end());
    return twice;
  }());
}

TEST_CASE("a source prepares on the thread that asks for batches, before any image", "[data][loader]") {
  const int prefetch = GENERATE(0, 2);
  const auto source = std::make_shared<Numbers>(23);
  Loader loader(source, small(5, prefetch));
  CHECK(source->prepared_on == std::thread::id());
  take(loader, 3);
  CHECK(source->prepared_on == std::this_thread::get_id());
}

TEST_CASE("batches do not depend on how many are prepared ahead", "[data][loader]") {
  const std::set<int64_t> bad = GENERATE(std::set<int64_t>{}, std::set<int64_t>{2, 3, 17});
  const auto source = std::make_shared<Numbers>(23, bad);
  LoaderOptions options = small(5, 0);
  options.flip = options.skip_bad = true;
  Loader plain(source, options);
  options.prefetch = GENERATE(1, 2, 7);
  Loader ahead(source, options);
  for (int i = 0; i < 30; ++i) REQUIRE(same(plain.next(), ahead.next()));
}

TEST_CASE("images reach the batch of their label, mirrored or not", "[data][loader]") {
  const auto source = std::make_shared<Numbers>(50);
  LoaderOptions options = small(25, 2);
  options.flip = GENERATE(false, true);
  Loader loader(source, options);
  int mirrored = 0;
  for (int k = 0; k < 8; ++k) {
    const Batch batch = loader.next();
    CHECK(batch.images.shape() == Shape{25, 1, 2, 2});
    const auto pixels = batch.images.to_vector<float>();
    const Labels labels = batch.labels.to_vector<int64_t>();
    for (size_t i = 0; i < 25; ++i) {
      const auto level = static_cast<float>(2 * labels[i]);
      const bool flipped = pixels[4 * i] > pixels[4 * i + 1];
      mirrored += flipped;
      for (size_t at = 0; at < 4; ++at)
        CHECK(pixels[4 * i + at] == (level + ((at % 2 == 1) != flipped ? 1.0f : 0.0f)) / 127.5f - 1.0f);
    }
  }
  if (options.flip) {
    CHECK(mirrored > 60);
    CHECK(mirrored < 140);
  } else {
    CHECK(mirrored == 0);
  }
}

TEST_CASE("a loader goes on from a state with the same batches to the bit", "[data][loader]") {
  const auto source = std::make_shared<Numbers>(23, std::set<int64_t>{4, 9});
  LoaderOptions options = small(6, GENERATE(0, 3));
  options.flip = options.skip_bad = true;
  const int before = GENERATE(0, 1, 4, 11);
  Loader first(source, options);
  for (int i = 0; i < before; ++i) first.next();
  const NamedTensors state = first.state();
  CHECK(first.epochs() == Approx(before * 6 / 23.0));
  CHECK(find(state, "data.epoch")->item() == before * 6 / 23);
  CHECK(find(state, "data.index")->item() == before * 6 % 23);

  Loader second(source, options);
  second.next();  // so that there is something prepared to be dropped
  second.load_state(state);
  CHECK(second.epochs() == first.epochs());
  std::vector<Batch> batches;
  for (int i = 0; i < 9; ++i) {
    batches.push_back(first.next());
    REQUIRE(same(batches.back(), second.next()));
  }
  first.load_state(state);
  for (const Batch& batch : batches) REQUIRE(same(batch, first.next()));
}

TEST_CASE("a state that does not fit is refused and changes nothing", "[data][loader]") {
  const auto source = std::make_shared<Numbers>(10);
  Loader loader(source, small(4, 2));
  loader.next();
  CHECK_THROWS_WITH(loader.load_state({}), "loader state: data.epoch is missing");
  CHECK_THROWS_WITH(loader.load_state({{"data.epoch", Tensor::zeros({})}}),
                    "loader state: data.epoch is not one i64 number");
  CHECK_THROWS_WITH(loader.load_state(state_at(-1, 0)), "loader state: data.epoch is -1");
  CHECK_THROWS_WITH(
      loader.load_state(state_at(0, 10)),
      "loader state: data.index 10 is not below the 10 images of the source; it was saved with another");
  CHECK_THROWS_AS(loader.load_state(state_at(0, -1)), Error);
  CHECK(loader.epochs() == Approx(0.4));
}

TEST_CASE("a bad image throws from next() until it is passed", "[data][loader]") {
  const auto source = std::make_shared<Numbers>(12, std::set<int64_t>{7});
  LoaderOptions options = small(3, GENERATE(0, 1, 4));
  options.shuffle = false;
  Loader loader(source, options);
  CHECK(take(loader, 2) == Labels{0, 1, 2, 3, 4, 5});
  for (int i = 0; i < 3; ++i) CHECK_THROWS_WITH(loader.next(), "number 7: bad");
  CHECK(loader.epochs() == Approx(0.5));
  loader.load_state(state_at(0, 9));
  CHECK(take(loader, 2) == Labels{9, 10, 11, 0, 1, 2});
}

TEST_CASE("with skip_bad the next image takes a bad one's place, with one warning", "[data][loader]") {
  const auto source = std::make_shared<Numbers>(8, std::set<int64_t>{2, 5, 7});
  LoaderOptions options = small(4, GENERATE(0, 2));
  options.shuffle = false;
  options.skip_bad = true;
  std::vector<std::string> warnings;
  options.warn = [&](const std::string& text) { warnings.push_back(text); };
  Loader loader(source, options);
  CHECK(take(loader, 1) == Labels{0, 1, 3, 3});
  CHECK(warnings == std::vector<std::string>{"number 2: bad; left out"});
  CHECK(take(loader, 3) == Labels{4, 6, 6, 0, 0, 1, 3, 3, 4, 6, 6, 0});
  CHECK(warnings == std::vector<std::string>{"number 2: bad; left out", "number 5: bad; left out",
                                             "number 7: bad; left out"});
}

TEST_CASE("skip_bad ends where no image is left, and does not hide lack of memory", "[data][loader]") {
  LoaderOptions options = small(4, GENERATE(0, 2));
  options.skip_bad = true;
  Loader none(std::make_shared<Numbers>(3, std::set<int64_t>{0, 1, 2}), options);
  CHECK_THROWS_WITH(none.next(), Contains("none of the 3 images can be read; the last: number "));
  const auto source = std::make_shared<Numbers>(3);
  source->exhausting = 1;
  Loader exhausted(source, options);
  CHECK_THROWS_AS(exhausted.next(), OutOfMemory);
}

TEST_CASE("no more is prepared than asked for, and nothing before the first batch", "[data][loader]") {
  const auto source = std::make_shared<Numbers>(100);
  const int prefetch = GENERATE(0, 1, 3);
  Loader loader(source, small(5, prefetch));
  CHECK(source->loads == 0);
  for (int taken = 1; taken <= 4; ++taken) {
    loader.next();
    while (source->loads < 5 * (taken + prefetch)) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(source->loads == 5 * (taken + prefetch));
  }
}

TEST_CASE("a loader can be dropped at any time", "[data][loader]") {
  const auto source = std::make_shared<Numbers>(1000);
  for (const int prefetch : {0, 1, 4})
    for (int taken = 0; taken < 3; ++taken) {
      Loader loader(source, small(200, prefetch));
      for (int i = 0; i < taken; ++i) loader.next();
    }
  CHECK(source.use_count() == 1);
}

TEST_CASE("a set smaller than a batch is repeated", "[data][loader]") {
  Loader loader(std::make_shared<Numbers>(3), small(8, 2));
  Labels labels = take(loader, 3);
  for (int64_t value = 0; value < 3; ++value) CHECK(std::ranges::count(labels, value) == 8);
  CHECK(loader.epochs() == 8);
}

TEST_CASE("options out of range are usage errors", "[data][loader]") {
  const auto refused = [](auto change) {
    LoaderOptions options;
    change(options);
    Loader(std::make_shared<Numbers>(3), options);
  };
  CHECK_THROWS_WITH(refused([](auto& o) { o.batch = 0; }), "batch 0 is not between 1 and 1048576");
  CHECK_THROWS_WITH(refused([](auto& o) { o.size = 100000; }), "size 100000 is not between 1 and 16384");
  CHECK_THROWS_WITH(refused([](auto& o) { o.channels = 2; }), "channels 2 is neither 1 nor 3");
  CHECK_THROWS_WITH(refused([](auto& o) { o.background = 1.5; }), "background 1.5 is not between 0 and 1");
  CHECK_THROWS_WITH(refused([](auto& o) { o.prefetch = -1; }), "prefetch -1 is not between 0 and 256");
  CHECK_THROWS_AS(refused([](auto& o) { o.batch = 0; }), UsageError);
  CHECK_THROWS_WITH(Loader(std::make_shared<Numbers>(0), {}),
                    "numbers: 0 images are not between 1 and 2^32 - 1");
}

TEST_CASE("files of every extent make batches, damaged ones are named or left out", "[data][loader]") {
  const Scratch scratch;
  int number = 0;
  for (const Shape& shape : {Shape{1, 1, 4}, Shape{3, 400, 3}, Shape{700, 2, 1}, Shape{64, 64, 2}})
    write_png(scratch.path(concat(number++, ".png")), Tensor::full(shape, 255, DType::u8));
  LoaderOptions options{.batch = 5, .size = 16, .shuffle = false};
  const auto open = [&] { return std::shared_ptr<const Source>(open_source(scratch.path().string())); };
  Loader whole(open(), options);
  const Batch batch = whole.next();
  CHECK(batch.images.shape() == Shape{5, 3, 16, 16});
  CHECK_FALSE(batch.labels.defined());
  for (const float v : batch.images.to_vector<float>()) REQUIRE(v == Approx(1).margin(1e-6));

  const auto bad = scratch.file("2a.png", bytes_of("\x89PNG\r\n\x1a\n"));
  Loader strict(open(), options);
  CHECK_THROWS_WITH(strict.next(), Contains(bad.string()));
  std::vector<std::string> warnings;
  options.skip_bad = true;
  options.warn = [&](const std::string& text) { warnings.push_back(text); };
  Loader lenient(open(), options);
  for (int i = 0; i < 3; ++i)
    CHECK(lenient.next().images.to_vector<float>() == batch.images.to_vector<float>());
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Contains(bad.string()));
}

TEST_CASE("a real set is decoded by several threads as by one", "[data][loader]") {
  const auto folder = real_data("cifar10/jpg");
  if (folder.empty()) return;
  const std::shared_ptr<const Source> source = open_source(folder.string());
  LoaderOptions options{.batch = 16, .size = 24, .flip = true, .seed = 3, .prefetch = 0};
  Loader plain(source, options);
  options.prefetch = 3;
  Loader ahead(source, options);
  for (int i = 0; i < 8; ++i) REQUIRE(same(plain.next(), ahead.next()));
}
