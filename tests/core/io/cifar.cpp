#include "core/io/cifar.h"

#include <algorithm>

#include "tests/core/io/scratch.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

/// A record whose planes hold `label` + 10, 20 and 30.
Bytes record(uint8_t label) {
  Bytes bytes{label};
  for (int plane : {10, 20, 30}) bytes = bytes + Bytes(1024, static_cast<uint8_t>(label + plane));
  return bytes;
}

const std::string ten_names = "a\nb\nc\nd\ne\nf\r\ng\nh\ni\nj\n\n";

}  // namespace

TEST_CASE("CIFAR-10 is read from a file", "[core][io]") {
  const Scratch scratch;
  const Cifar10 data = read_cifar10(scratch.file("any.bin", record(3) + record(9)));
  CHECK(data.images.shape() == Shape{2, 3, 32, 32});
  CHECK(data.labels.to_vector<int64_t>() == std::vector<int64_t>{3, 9});
  CHECK(data.class_names.empty());
  const auto* pixels = data.images.data<uint8_t>();
  CHECK(pixels[0] == 13);
  CHECK(pixels[1023] == 13);
  CHECK(pixels[1024] == 23);
  CHECK(pixels[3072 + 2048] == 39);
}

TEST_CASE("CIFAR-10 is read from a folder", "[core][io]") {
  const Scratch scratch;
  scratch.file("data_batch_2.bin", record(2));
  scratch.file("data_batch_1.bin", record(0) + record(1));
  scratch.file("test_batch.bin", record(7));
  scratch.file("readme.html", {});
  scratch.file("batches.meta.txt", bytes_of(ten_names));
  const Cifar10 train = read_cifar10(scratch.path());
  CHECK(train.labels.to_vector<int64_t>() == std::vector<int64_t>{0, 1, 2});
  CHECK(train.images.data<uint8_t>()[2 * 3072] == 12);
  CHECK(train.class_names == std::vector<std::string>{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"});
  CHECK(read_cifar10(scratch.path(), CifarSplit::test).labels.to_vector<int64_t>() ==
        std::vector<int64_t>{7});
  CHECK(read_cifar10(scratch.path("data_batch_2.bin")).class_names.size() == 10);
}

TEST_CASE("CIFAR-10 that breaks the rules is refused", "[core][io]") {
  const Scratch scratch;
  CHECK_THROWS_WITH(read_cifar10(scratch.path()), Contains("holds no data_batch_*.bin of CIFAR-10"));
  CHECK_THROWS_WITH(read_cifar10(scratch.path(), CifarSplit::test),
                    Contains("test_batch.bin: cannot be opened"));
  CHECK_THROWS_WITH(read_cifar10(scratch.path("none")), Contains("none: cannot be opened: No such file"));
  const auto empty = scratch.file("empty.bin", {});
  CHECK_THROWS_WITH(read_cifar10(empty),
                    Contains("empty.bin: 0 bytes are not a whole number of CIFAR-10 records"));
  const auto cut = scratch.file("cut.bin", Bytes(3072, 0));
  CHECK_THROWS_WITH(read_cifar10(cut),
                    cut.string() + ": 3072 bytes are not a whole number of CIFAR-10 records of 3073 bytes");
  const auto label = scratch.file("label.bin", record(1) + record(10));
  CHECK_THROWS_WITH(read_cifar10(label), label.string() + ": label 10 of record 1 at offset 3073 is above 9");
  const auto good = scratch.file("good.bin", record(1));
  scratch.file("batches.meta.txt", bytes_of("cat\ndog\n"));
  CHECK_THROWS_WITH(read_cifar10(good), Contains("batches.meta.txt: holds 2 class names, not 10"));
}

TEST_CASE("the real CIFAR-10 form is read", "[core][io]") {
  const auto folder = real_data("cifar10/bin");
  if (folder.empty()) return;
  const Cifar10 train = read_cifar10(folder);
  CHECK(train.images.shape() == Shape{5000, 3, 32, 32});
  const auto labels = train.labels.to_vector<int64_t>();
  CHECK(std::vector(labels.begin(), labels.begin() + 5) == std::vector<int64_t>{0, 7, 9, 9, 1});
  for (int64_t c = 0; c < 10; ++c) CHECK(std::ranges::count(labels, c) == 500);
  REQUIRE(train.class_names.size() == 10);
  CHECK(train.class_names.front() == "airplane");
  CHECK(train.class_names.back() == "truck");
  CHECK(read_cifar10(folder, CifarSplit::test).images.size(0) == 1000);
}
