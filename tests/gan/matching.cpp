// One-to-one matchings, and classifiers whose categories have to be matched to labels.
#include "gan/matching.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "autograd/ops.h"
#include "core/error.h"
#include "gan/confusion.h"
#include "gan/games/infogan.h"
#include "tests/gan/networks.h"
#include "tests/gan/squares.h"

using namespace saddle;
using namespace saddle::test;

namespace {

int64_t total(const std::vector<int64_t>& value, const std::vector<int64_t>& columns) {
  const size_t n = columns.size();
  int64_t sum = 0;
  for (size_t i = 0; i < n; ++i) sum += value[i * n + static_cast<size_t>(columns[i])];
  return sum;
}

std::vector<int64_t> first_numbers(int64_t n) {
  std::vector<int64_t> all(static_cast<size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

/// Of all permutations.
int64_t greatest_total(const std::vector<int64_t>& value, int64_t n) {
  std::vector<int64_t> columns = first_numbers(n);
  int64_t greatest = total(value, columns);
  while (std::ranges::next_permutation(columns).found) greatest = std::max(greatest, total(value, columns));
  return greatest;
}

/// Knows the four corners of squares, but not by their names.
class Renaming : public Classifier {
 public:
  Renaming(Classifier& told, int64_t categories) : told_(told), categories_(categories) {}
  int64_t class_count() const override { return categories_; }
  bool knows_labels() const override { return false; }
  Device device() const override { return {}; }
  /// Category 5 is class 0, category 4 class 1, ..
  Variable logits(const Variable& images) override {
    const Variable said = told_.logits(images);
    Variables columns;
    for (int64_t category = 0; category < categories_; ++category) {
      const int64_t label = categories_ - 1 - category;
      columns.push_back(label < 4 ? slice(said, 1, label, label + 1) : 0.0 * slice(said, 1, 0, 1) - 1000);
    }
    return concat(columns, 1);
  }

 private:
  Classifier& told_;
  int64_t categories_;
};

}  // namespace

TEST_CASE("no other matching is worth more", "[gan][matching]") {
  CHECK(best_matching({}, 0).empty());
  CHECK(best_matching({-3}, 1) == std::vector<int64_t>{0});
  // The greatest value first would leave 1 + 0.
  CHECK(best_matching({10, 9, 9, 0}, 2) == std::vector<int64_t>{1, 0});
  Generator random(3);
  for (int64_t n = 2; n <= 6; ++n) {
    for (const double range : {2.0, 50.0}) {  // the former with many that are equal
      for (int time = 0; time < 20; ++time) {
        std::vector<int64_t> value;
        for (const float x : random_uniform({n * n}, random, -range, range).to_vector<float>())
          value.push_back(static_cast<int64_t>(x));
        const auto columns = best_matching(value, n);
        auto sorted = columns;
        std::ranges::sort(sorted);
        REQUIRE(sorted == first_numbers(n));
        CHECK(total(value, columns) == greatest_total(value, n));
      }
    }
  }
  CHECK_THROWS_AS(best_matching({1, 2, 3}, 2), ShapeError);
}

TEST_CASE("a permutation of many is found again", "[gan][matching]") {
  const int64_t n = 50;
  std::vector<int64_t> value(static_cast<size_t>(n * n)), expected;
  for (int64_t i = 0; i < n; ++i) {
    expected.push_back((i * 17 + 5) % n);
    for (int64_t j = 0; j < n; ++j) value[static_cast<size_t>(i * n + j)] = (i * 31 + j * 7) % 100;
    value[static_cast<size_t>(i * n + expected.back())] = 1000;
  }
  CHECK(best_matching(value, n) == expected);
}

TEST_CASE("answers are named by the classes that they go with", "[gan][matching]") {
  Confusion confusion(3);
  confusion.add(labels({0, 0, 0, 1, 1, 2, 2, 2}).value(), labels({2, 2, 0, 0, 0, 1, 1, 2}).value());
  const auto answers = best_answers(confusion);
  CHECK(answers == std::vector<int64_t>{2, 0, 1});
  const Confusion renamed = confusion.renamed(answers);
  CHECK(confusion.accuracy() == 2.0 / 8);
  CHECK(renamed.accuracy() == 6.0 / 8);
  CHECK(renamed.count(0, 1) == 1);
  CHECK(renamed.count(2, 0) == 1);
  CHECK(renamed.total(2) == 3);
}

TEST_CASE("categories are counted beside labels, whichever are more", "[gan][matching]") {
  const auto told = trained_on_squares(60);
  const LoaderOptions options{.size = 8, .channels = 1};
  const double accuracy = evaluate(*told, squares(50, 7), options).accuracy();
  REQUIRE(accuracy > 0.9);
  Renaming six(*told, 6);
  const Confusion confusion = evaluate(six, squares(50, 7), options);
  REQUIRE(confusion.classes() == 6);
  const auto answers = best_answers(confusion);
  CHECK(std::vector(answers.begin(), answers.begin() + 4) == std::vector<int64_t>{5, 4, 3, 2});
  CHECK(confusion.renamed(answers).accuracy() == accuracy);
  CHECK(confusion.accuracy() < 0.5);

  Renaming two(*told, 2);
  CHECK(evaluate(two, squares(50, 7), options).classes() == 4);
}

TEST_CASE("games whose discriminator tells classes are classifiers", "[gan][matching]") {
  for (const std::string model : {"infogan", "sgan", "acgan"}) {
    INFO(model);
    Settings settings(find_model(model).options);
    for (const char* width : {"ngf", "ndf", "nz"}) settings.set(width, int64_t{2});
    settings.set("channels", int64_t{1});
    settings.set("size", int64_t{16});
    settings.set(model == "infogan" ? "categories" : "classes", int64_t{3});
    const auto game = find_model(model).make(settings, Device{});
    Classifier& classifier = classifier_in(*game, model);
    CHECK(classifier.class_count() == 3);
    CHECK(has_own_categories(*game) == (model == "infogan"));

    const Variable images = noise({2, 1, 16, 16});
    const Variable said = classifier.logits(images);
    REQUIRE(said.shape() == Shape{2, 3});
    nn::Module& discriminator = *game->networks()[1].second;
    CHECK(discriminator.is_training());
    discriminator.eval();
    CHECK(said.value().to_vector<float>() ==
          slice(discriminator(images), 1, 1, 4).value().to_vector<float>());
  }
}
