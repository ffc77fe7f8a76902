#include <algorithm>
#include <set>

#include "core/io/image.h"
#include "gan/data/loader.h"
#include "tests/core/io/scratch.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

/// IDX of one axis (labels) or three (images), filled with 0, 1, 2, …
Bytes idx(const std::vector<uint8_t>& extents) {
  Bytes bytes = {0, 0, 8, static_cast<uint8_t>(extents.size())};
  size_t count = 1;
  for (const uint8_t extent : extents) {
    bytes.insert(bytes.end(), {0, 0, 0, extent});
    count *= extent;
  }
  for (size_t i = 0; i < count; ++i) bytes.push_back(static_cast<uint8_t>(i));
  return bytes;
}

/// CIFAR-10 records with labels 3, 4, … and pixels 0, 1, 2, …
Bytes cifar(int records) {
  Bytes bytes;
  for (int r = 0; r < records; ++r) {
    bytes.push_back(static_cast<uint8_t>(3 + r));
    for (int i = 0; i < 3072; ++i) bytes.push_back(static_cast<uint8_t>(i));
  }
  return bytes;
}

void draw(const Scratch& scratch, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    fs::create_directories(scratch.path(name).parent_path());
    write_png(scratch.path(name), Tensor::full({2, 3, 3}, 40, DType::u8));
  }
}

std::vector<std::string> names(const Source& source, const fs::path& folder) {
  std::vector<std::string> all;
  for (int64_t i = 0; i < source.size(); ++i)
    all.push_back(fs::path(source.name(i)).lexically_relative(folder).string());
  return all;
}

std::vector<int64_t> labels(const Source& source) {
  std::vector<int64_t> all;
  for (int64_t i = 0; i < source.size(); ++i) {
    all.push_back(source.load(i).label);
    CHECK(source.label(i) == all.back());
  }
  return all;
}

std::string refusal(const fs::path& path) {
  try {
    open_source(path.string());
  } catch (const Error& error) {
    return error.what();
  }
  FAIL("accepted: " << path);
  return {};
}

using Strings = std::vector<std::string>;
using Labels = std::vector<int64_t>;

}  // namespace

TEST_CASE("a folder of IDX files is opened with its labels", "[data]") {
  const Scratch scratch;
  const std::string images =
      GENERATE("train-images-idx3-ubyte", "train-images.idx3-ubyte", "qmnist-images-idx3-ubyte");
  scratch.file(images, idx({4, 2, 3}));
  scratch.file("t10k-images-idx3-ubyte", idx({1, 2, 3}));
  scratch.file("README.md", bytes_of("about"));
  std::unique_ptr<Source> source = open_source(scratch.path().string());
  CHECK(source->description() == "IDX, 4 images 3x2");
  CHECK(source->classes().empty());
  CHECK(source->load(1).label == -1);

  std::string labels_name = images;
  labels_name.replace(labels_name.find("images"), 6, "labels").replace(labels_name.find("idx3"), 4, "idx1");
  scratch.file(labels_name, idx({4}));
  source = open_source(scratch.path().string());
  CHECK(source->description() == "IDX, 4 images 3x2, 4 classes");
  CHECK(source->classes() == Strings{"0", "1", "2", "3"});
  CHECK(source->name(2) == scratch.path(images).string() + ", image 2");
  const Example example = source->load(2);
  CHECK(example.label == 2);
  CHECK(example.pixels.shape() == Shape{2, 3, 1});
  CHECK(example.pixels.to_vector<uint8_t>() == Bytes{12, 13, 14, 15, 16, 17});

  CHECK(open_source(scratch.path("t10k-images-idx3-ubyte").string())->size() == 1);
}

TEST_CASE("IDX that does not fit is refused", "[data]") {
  const Scratch scratch;
  const std::string folder = scratch.path().string(),
                    images = scratch.path("train-images-idx3-ubyte").string();
  scratch.file("t10k-images-idx3-ubyte", idx({1, 2, 3}));
  CHECK_THAT(refusal(folder), Contains("holds only the test images t10k of IDX; give that file to use them"));

  Bytes bytes = idx({4, 2, 3});
  scratch.file("train-images-idx3-ubyte", Bytes(bytes.begin(), bytes.end() - 5));
  CHECK(refusal(folder) ==
        images + " is cut short: header says 24 bytes of data from offset 16 on, there are 19");
  scratch.file("train-images-idx3-ubyte", {});
  CHECK_THAT(refusal(images), Contains("train-images-idx3-ubyte is cut short"));
  scratch.file("train-images-idx3-ubyte", idx({0, 2, 3}));
  CHECK(refusal(folder) == images + ": holds no images: [0,2,3]");

  scratch.file("train-images-idx3-ubyte", bytes);
  const auto labels_file = scratch.file("train-labels-idx1-ubyte", idx({3}));
  CHECK(refusal(folder) ==
        labels_file.string() + ": labels [3] do not fit the 4 images of train-images-idx3-ubyte");
  CHECK(refusal(labels_file) ==
        labels_file.string() + ": IDX data [3] are not images [N,H,W]; give the file of the images");

  scratch.file("letters-images-idx3-ubyte", bytes);
  CHECK_THAT(refusal(folder), Contains("holds several IDX sets, letters-images-idx3-ubyte and "
                                       "train-images-idx3-ubyte among them; give one of the files"));
}

TEST_CASE("CIFAR-10 batches are opened as pixels", "[data]") {
  const Scratch scratch;
  scratch.file("data_batch_1.bin", cifar(2));
  scratch.file("data_batch_2.bin", cifar(1));
  const auto test = scratch.file("test_batch.bin", cifar(3));
  std::unique_ptr<Source> source = open_source(scratch.path().string());
  CHECK(source->description() == "CIFAR-10, 3 images 32x32, 5 classes");
  CHECK(labels(*source) == Labels{3, 4, 3});
  const Tensor pixels = source->load(1).pixels;
  CHECK(pixels.shape() == Shape{32, 32, 3});
  // Byte i of a record is i modulo 256, and planes of 1024 are a multiple of that: all channels are equal.
  const auto values = pixels.to_vector<uint8_t>();
  CHECK(Bytes(values.begin(), values.begin() + 6) == Bytes{0, 0, 0, 1, 1, 1});

  source = open_source(test.string());
  CHECK(source->size() == 3);
  CHECK(source->name(0) == test.string() + ", image 0");
  scratch.file("test_batch.bin", Bytes(5000, 0));
  CHECK_THAT(refusal(test), Contains("test_batch.bin: 5000 bytes are not a whole number"));
}

TEST_CASE("a folder of images is listed by path, hidden files left out", "[data]") {
  const Scratch scratch;
  draw(scratch, {"b.png", "a/z.PNG", "a/.hidden.png", ".git/x.png", "a/deep/er/c.png", "a-b.png"});
  scratch.file("notes.txt", bytes_of("x"));
  const auto source = open_source(scratch.path().string());
  CHECK(source->description() == "folder, 4 images");
  CHECK(source->classes().empty());
  CHECK(names(*source, scratch.path()) == Strings{"a/deep/er/c.png", "a/z.PNG", "a-b.png", "b.png"});
  const Example example = source->load(3);
  CHECK(example.pixels.shape() == Shape{2, 3, 3});
  CHECK(example.label == -1);
}

TEST_CASE("class folders give labels by sorted name", "[data]") {
  const Scratch scratch;
  const std::string top = GENERATE("", "train/");
  draw(scratch, {top + "dog/1.png", top + "cat/2.png", top + "cat/1.png", top + "emu/1.png"});
  if (!top.empty()) draw(scratch, {"test/dog/9.png", "val/odd.png"});
  auto source = open_source(scratch.path().string());
  CHECK(source->description() == "class folders, 4 images, 3 classes");
  CHECK(source->classes() == Strings{"cat", "dog", "emu"});
  CHECK(names(*source, scratch.path()) ==
        Strings{top + "cat/1.png", top + "cat/2.png", top + "dog/1.png", top + "emu/1.png"});
  CHECK(labels(*source) == Labels{0, 0, 1, 2});

  draw(scratch, {top + "emu/young/1.png"});
  source = open_source(scratch.path().string());
  CHECK(source->description() == "folder, 5 images");
  CHECK(source->classes().empty());
}

TEST_CASE("one sub-folder is no class, and train beside others is one", "[data]") {
  const Scratch scratch;
  draw(scratch, {"all/1.png", "all/2.png"});
  CHECK(open_source(scratch.path().string())->classes().empty());
  draw(scratch, {"train/1.png"});
  CHECK(open_source(scratch.path().string())->classes() == Strings{"all", "train"});
}

TEST_CASE("dataset.json gives labels", "[data]") {
  const Scratch scratch;
  draw(scratch, {"00000/a.png", "00000/b.png", "00001/c.png"});
  const auto with = [&](const std::string& json) {
    return scratch.file("dataset.json", bytes_of(json)).string();
  };
  const std::string folder = scratch.path().string();

  const std::string file =
      with(R"({"labels": [["00001/c.png", 0], ["00000/b.png", 6], ["00000/a.png", 2], ["gone.png", 9]]})");
  auto source = open_source(folder);
  CHECK(source->description() == "folder with dataset.json, 3 images, 7 classes");
  CHECK(labels(*source) == Labels{2, 6, 0});
  for (const char* none : {R"({"labels": null})", "{}"}) {
    with(none);
    source = open_source(folder);
    CHECK(source->description() == "folder with dataset.json, 3 images");
  }

  with("{\"labels\": [");
  CHECK(refusal(folder) == file + ": not a JSON object with the key \"labels\"");
  with(R"({"labels": 3})");
  CHECK(refusal(folder) == file + ": \"labels\" is not a list of [\"path\", label]");
  for (const char* bad : {"-1", "65536", "1.5", "\"x\"", "[1]", "18446744073709551615"}) {
    with(concat(R"({"labels": [["00000/a.png", 0], ["00000/b.png", )", bad, "]]}"));
    CHECK(refusal(folder) ==
          file + ": entry 1 of \"labels\" is not [\"path\", label] with a label from 0 to 65535");
  }
  with(R"({"labels": [["00000/a.png", 0]]})");
  CHECK(refusal(folder) == file + ": no label for 00000/b.png");
}

TEST_CASE("links to folders are followed, but not in circles", "[data]") {
  const Scratch scratch, elsewhere;
  draw(elsewhere, {"cat/1.png"});
  draw(scratch, {"set/dog/1.png"});
  fs::create_directory_symlink(elsewhere.path("cat"), scratch.path("set/cat"));
  CHECK(open_source(scratch.path("set").string())->classes() == Strings{"cat", "dog"});
  fs::create_directory_symlink(scratch.path(), scratch.path("set/dog/up"));
  CHECK(refusal(scratch.path("set")) ==
        scratch.path("set/dog/up/set").string() + ": a link to a folder that holds it; remove it");
}

TEST_CASE("what is no source is refused by saying what was looked for", "[data]") {
  const Scratch scratch;
  const std::string folder = scratch.path().string(), missing = scratch.path("nowhere").string();
  const std::string kinds =
      "; a source is an IDX file or folder (*images*idx3-ubyte, or .gz), a CIFAR-10 batch or folder "
      "(data_batch_*.bin), a folder of .png, .jpg, .jpeg or .bmp images, or the built-in shapes, "
      "25-gaussians or "
      "8-gaussians";
  CHECK(refusal(missing) == "\"" + missing + "\": no such file or folder" + kinds);
  CHECK(refusal("") == "\"\": no such file or folder" + kinds);
  CHECK(refusal(folder) == folder + ": an empty folder" + kinds);
  fs::create_directory(scratch.path("sub"));
  CHECK(refusal(folder) == folder + ": an empty folder" + kinds);
  const auto text = scratch.file("sub/a.txt", bytes_of("hello"));
  CHECK(refusal(folder) == folder + ": holds no images (1 other file, sub/a.txt)" + kinds);
  scratch.file("z.webp", bytes_of("x"));
  CHECK(refusal(folder) == folder + ": holds no images (2 other files, the first sub/a.txt)" + kinds);
  CHECK(refusal(text) == text.string() + ": neither IDX (plain or gzip) nor a CIFAR-10 batch (.bin)" + kinds);
  CHECK_THAT(refusal(scratch.file("sub/empty", {})), Contains("neither IDX"));

  draw(scratch, {"one.png"});
  CHECK(refusal(scratch.path("one.png")) ==
        scratch.path("one.png").string() + ": a single image; give the folder that holds it");
  scratch.file("data_batch_1.bin", cifar(1));
  CHECK(refusal(folder) ==
        folder +
            ": holds more than one kind of data: CIFAR-10 batches images; give one of the files, "
            "or a folder of its own for each");
}

TEST_CASE("two domains are refused, each of them is a source", "[data]") {
  const Scratch scratch;
  draw(scratch, {"trainA/1.png", "trainB/1.png", "trainB/2.png"});
  CHECK(refusal(scratch.path()) ==
        scratch.path().string() +
            ": trainA in it is one of two sets for translation between images; one set "
            "is read: give " +
            scratch.path("trainA").string());
  CHECK(open_source(scratch.path("trainB").string())->size() == 2);
}

TEST_CASE("an image that does not decode is named", "[data]") {
  const Scratch scratch;
  draw(scratch, {"a.png"});
  const auto bad = scratch.file("b.jpg", bytes_of("not a picture"));
  const auto source = open_source(scratch.path().string());
  CHECK(source->size() == 2);
  CHECK_NOTHROW(source->load(0));
  CHECK_THROWS_WITH(source->load(1), Contains(bad.string()));
}

TEST_CASE("shapes are a function of seed and number", "[data]") {
  const auto a = open_source("shapes", 7), b = open_source("shapes", 7), c = open_source("shapes", 8);
  CHECK(a->description() == "shapes, 50000 images 128x128, 8 classes");
  CHECK(a->classes() == Strings{"circle", "square", "triangle", "star", "ring", "cross", "heart", "moon"});
  CHECK(a->name(9) == "shapes, image 9");
  std::set<Bytes> different;
  for (int64_t i = 0; i < 24; ++i) {
    const Example example = a->load(i);
    CHECK(example.label == i % 8);
    CHECK(example.pixels.shape() == Shape{128, 128, 3});
    const Bytes pixels = example.pixels.to_vector<uint8_t>();
    CHECK(pixels == b->load(i).pixels.to_vector<uint8_t>());
    CHECK(pixels != c->load(i).pixels.to_vector<uint8_t>());
    different.insert(pixels);
  }
  CHECK(different.size() == 24);
  CHECK(a->load(49999).label == 7);
}

TEST_CASE("every shape covers a fair part of its picture, with soft edges", "[data]") {
  const auto source = open_source("shapes", 3);
  for (int64_t i = 0; i < 64; ++i) {
    INFO("image " << i);
    const Bytes pixels = source->load(i).pixels.to_vector<uint8_t>();
    // The shape's hue lies away from the background's: count pixels far from the corner of their row.
    int64_t covered = 0, edge = 0;
    for (size_t y = 0; y < 128; ++y) {
      const uint8_t* row = pixels.data() + y * 128 * 3;
      for (size_t x = 1; x < 128; ++x) {
        int difference = 0;
        for (size_t k = 0; k < 3; ++k) difference = std::max(difference, std::abs(row[3 * x + k] - row[k]));
        covered += difference > 40;
        edge += difference > 4 && difference <= 40;
      }
    }
    CHECK(covered > 128 * 128 / 50);
    CHECK(covered < 128 * 128 * 6 / 10);
    CHECK(edge > 20);
  }
}

TEST_CASE("the real sets are recognised and come out as PIL would have them", "[data]") {
  struct Expected {
    std::string folder, description;
    int64_t size, channels;
    std::vector<int64_t> labels;  // of the first images
    double mean;                  // of the first 64
  };
  const auto expected = GENERATE(values<Expected>({
      {"mnist", "IDX, 60000 images 28x28, 10 classes", 32, 1, {5, 0, 4, 1, 9}, -0.7458415},
      {"fashion-mnist", "IDX, 60000 images 28x28, 10 classes", 64, 1, {9, 0, 0, 3, 0}, -0.4236612},
      {"cifar10/bin", "CIFAR-10, 5000 images 32x32, 10 classes", 16, 3, {0, 7, 9, 9, 1}, -0.0090285},
      {"dcss-tiles", "folder, 1368 images", 32, 3, {}, 0.3583380},
  }));
  const auto folder = real_data(expected.folder);
  if (folder.empty()) return;
  const std::shared_ptr<const Source> source = open_source(folder.string());
  CHECK(source->description() == expected.description);
  Loader loader(source, {.size = expected.size, .channels = expected.channels, .shuffle = false});
  const Batch batch = loader.next();
  double sum = 0;
  for (const float v : batch.images.to_vector<float>()) sum += v;
  CHECK(sum / static_cast<double>(batch.images.numel()) == Approx(expected.mean).margin(1e-5));
  REQUIRE(batch.labels.defined() == !expected.labels.empty());
  if (!batch.labels.defined()) return;
  const std::vector<int64_t> first = batch.labels.to_vector<int64_t>();
  CHECK(std::vector<int64_t>(first.begin(), first.begin() + 5) == expected.labels);
}

TEST_CASE("real class folders have the classes that their names say", "[data]") {
  const auto pictures = real_data("cifar10/jpg"), emoji = real_data("emoji");
  if (pictures.empty() || emoji.empty()) return;
  const auto cifar10 = open_source(pictures.string());
  CHECK(cifar10->description() == "class folders, 1000 images, 10 classes");
  CHECK(cifar10->classes().front() == "airplane");
  CHECK(cifar10->classes().back() == "truck");
  CHECK(cifar10->name(101) == (pictures / "train/automobile/0001.jpg").string());
  CHECK(cifar10->load(101).label == 1);
  const auto styles = open_source(emoji.string());
  CHECK(styles->classes() == Strings{"noto", "openmoji", "twemoji"});
  CHECK(styles->size() == 3 * 1674);
  CHECK(styles->load(2000).pixels.size(2) == 4);
}
