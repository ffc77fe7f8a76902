#include "core/io/safetensors.h"

#include "core/io/file.h"
#include "tests/core/io/scratch.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

/// A file of `header`, unpadded, and `data` bytes.
Bytes file_with(const std::string& header, size_t data = 0) {
  Bytes bytes;
  append_le(bytes, uint64_t{header.size()});
  return bytes + bytes_of(header) + Bytes(data, 0);
}

template <class T>
Tensor tensor(const std::vector<T>& values, const Shape& shape) {
  return Tensor::from(values, shape);
}

}  // namespace

TEST_CASE("safetensors come back as they were saved", "[core][io]") {
  const Scratch scratch;
  const auto path = scratch.path("a.safetensors");
  const NamedTensors saved = {{"mask", tensor<uint8_t>({1, 2, 3}, {3})},
                              {"0.weight", tensor<float>({1.5f, -2, 3, 4, 5, 6}, {2, 3})},
                              {"steps", tensor<int64_t>({-7}, {})},
                              {"none", Tensor::empty({0, 4})},
                              {"exact", tensor<double>({0.1, 0.2}, {2, 1})},
                              {"half \"q\" \xc3\xa9", tensor<bf16>({bf16(1.0f)}, {1})}};
  save_safetensors(path, saved, {{"model", "dcgan"}, {"line", "a\nb"}});
  const Safetensors loaded = load_safetensors(path);
  CHECK(loaded.metadata == Metadata{{"model", "dcgan"}, {"line", "a\nb"}});
  REQUIRE(loaded.tensors.size() == saved.size());
  for (size_t i = 0; i < saved.size(); ++i) {
    CHECK(loaded.tensors[i].first == saved[i].first);
    CHECK(loaded.tensors[i].second.shape() == saved[i].second.shape());
    CHECK(loaded.tensors[i].second.dtype() == saved[i].second.dtype());
  }
  CHECK(find(loaded.tensors, "mask")->to_vector<uint8_t>() == std::vector<uint8_t>{1, 2, 3});
  CHECK(find(loaded.tensors, "0.weight")->to_vector<float>() == std::vector<float>{1.5f, -2, 3, 4, 5, 6});
  CHECK(find(loaded.tensors, "steps")->item() == -7);
  CHECK(find(loaded.tensors, "exact")->to_vector<double>() == std::vector<double>{0.1, 0.2});
  CHECK(find(loaded.tensors, saved[5].first)->item() == 1.0);

  // Each tensor is aligned to its elements, an odd mask at the front of the list notwithstanding.
  for (const auto& entry : read_safetensors_header(path).tensors)
    CHECK(entry.begin % size_of(find(saved, entry.name)->dtype()) == 0);
}

TEST_CASE("safetensors have fixed bytes", "[core][io]") {
  const Scratch scratch;
  const auto path = scratch.path("a.safetensors");
  save_safetensors(path, {{"b", tensor<uint8_t>({7}, {1})}, {"a", tensor<float>({1.0f}, {})}}, {{"k", "v"}});
  std::string header = R"({"__metadata__":{"k":"v"},"b":{"dtype":"U8","shape":[1],"data_offsets":[4,5]},)"
                       R"("a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  Bytes expected;
  append_le(expected, uint64_t{header.size()});
  CHECK(read_file(path) == expected + bytes_of(header) + Bytes{0, 0, 0x80, 0x3f, 7});

  save_safetensors(path, {});
  CHECK(read_file(path) == file_with("{}      "));
  CHECK(load_safetensors(path).tensors.empty());
}

TEST_CASE("a safetensors header is read by itself", "[core][io]") {
  const Scratch scratch;
  const std::string text = R"({"x":{"dtype":"I32","shape":[2],"data_offsets":[2,10]},)"
                           R"("__metadata__":{"format":"pt"},)"
                           R"("h":{"data_offsets":[0,2],"shape":[1,1],"dtype":"F16"}}   )";
  const auto path = scratch.file("a", file_with(text, 10));
  const SafetensorsHeader header = read_safetensors_header(path);
  CHECK(header.metadata == Metadata{{"format", "pt"}});
  REQUIRE(header.tensors.size() == 2);
  CHECK(header.tensors[0].name == "x");
  CHECK(header.tensors[0].dtype == "I32");
  CHECK(header.tensors[0].shape == Shape{2});
  CHECK(header.tensors[0].end - header.tensors[0].begin == 8);
  CHECK(header.tensors[1].name == "h");
  CHECK_THROWS_WITH(load_safetensors(path), path.string() +
                                                ": tensor \"x\" has dtype I32; F32, F64, BF16, U8 "
                                                "and I64 can be loaded");
}

TEST_CASE("safetensors that break the rules are refused", "[core][io]") {
  const auto [header, data, message] = GENERATE(table<std::string, size_t, std::string>({
      {R"([])", 0, "header at offset 8 does not begin with '{'"},
      {R"({"a":)", 0, "header is not valid JSON near byte 14"},
      {"{\"\xff\":1}", 0, "header is not valid JSON near byte"},
      {R"({} x)", 0, "header is not valid JSON near byte 12"},
      {R"({"a":1})", 0, "tensor \"a\" does not have just dtype, shape and data_offsets"},
      {R"({"a":{"dtype":"U8","shape":[]}})", 0, "tensor \"a\" does not have just dtype"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}})", 1, "does not have just dtype"},
      {R"({"a":{"dtype":"Q4","shape":[1],"data_offsets":[0,1]}})", 1, "tensor \"a\": dtype Q4 is unknown"},
      {R"({"a":{"dtype":4,"shape":[1],"data_offsets":[0,1]}})", 1, "tensor \"a\": dtype is not a string"},
      {R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1, "shape is not a list of sizes"},
      {R"({"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})", 1, "shape is not a list of sizes"},
      {R"({"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,1]}})", 1,
       "not a list of sizes"},
      {R"({"a":{"dtype":"U8","shape":{"b":1},"data_offsets":[0,1]}})", 1, "header is nested too deeply"},
      {R"({"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}})", 1, "header is nested too deeply"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}})", 1, "data_offsets are not two sizes"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}})", 1, "data_offsets [1, 0) run backwards"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4, "F32[2] does not fill the 4 bytes"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,7]}})", 7, "F32[1] does not fill the 7 bytes"},
      {R"({"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}})", 0,
       "does not fill the 0"},
      {R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0,
       "tensor \"a\": shape: more than 2^62 elements"},
      {R"({"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}})", 1,
       "tensor \"a\": shape: rank 9"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2, "after a hole"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
       3, "tensor \"b\" begins at offset 114, inside the one before it: the data before it ends at 115"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
       4, "header has \"a\" twice"},
      {R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1,
       "header has \"dtype\" twice"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 3,
       "2 bytes that belong to no tensor follow"},
      {R"({"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}})", 5,
       "is cut short: header says 70 bytes, file has 66"},
      {R"({"__metadata__":[]})", 0, "__metadata__ is not an object"},
      {R"({"__metadata__":{"a":1}})", 0, "__metadata__ entry \"a\" is not a string"},
      {R"({"__metadata__":{"a":{"b":{}}}})", 0, "header is nested too deeply"},
  }));
  const Scratch scratch;
  const auto path = scratch.file("bad.safetensors", file_with(header, data));
  INFO(header);
  CHECK_THROWS_AS(read_safetensors_header(path), Error);
  CHECK_THROWS_WITH(read_safetensors_header(path), Contains(message));
  CHECK_THROWS_WITH(load_safetensors(path), Contains(path.string()) && Contains(message));
}

TEST_CASE("a safetensors header length is checked before it is believed", "[core][io]") {
  const Scratch scratch;
  Bytes length;
  append_le(length, uint64_t{100'000'001});
  CHECK_THROWS_WITH(load_safetensors(scratch.file("a", length)),
                    Contains("header length 100000001 at offset 0 is above the limit of 100000000"));
  CHECK_THROWS_WITH(load_safetensors(scratch.file("b", Bytes(8, 0xff))), Contains("is above the limit"));
  CHECK_THROWS_WITH(
      load_safetensors(scratch.file("c", Bytes(5, 0))),
      Contains("is cut short: a safetensors file begins with 8 bytes of header length, file has 5"));
  CHECK_THROWS_WITH(load_safetensors(scratch.file("d", Bytes{9, 0, 0, 0, 0, 0, 0, 0, '{'})),
                    Contains("is cut short: header takes 17 bytes, file has 9"));
}

TEST_CASE("tensors that safetensors cannot hold are not saved", "[core][io]") {
  const Scratch scratch;
  const auto path = scratch.path("a");
  const Tensor t = Tensor::zeros({1});
  CHECK_THROWS_WITH(save_safetensors(path, {{"", t}}), Contains("a tensor cannot be named \"\""));
  CHECK_THROWS_WITH(save_safetensors(path, {{"__metadata__", t}}),
                    Contains("cannot be named \"__metadata__\""));
  CHECK_THROWS_WITH(save_safetensors(path, {{"x", t}, {"x", t}}), Contains("two tensors are named \"x\""));
  CHECK_THROWS_WITH(save_safetensors(path, {{"x", Tensor()}}), Contains("tensor \"x\" is undefined"));
  CHECK_THROWS_WITH(save_safetensors(path, {{"\xff", t}}), Contains("is not UTF-8"));
  CHECK_THROWS_WITH(save_safetensors(path, {{"x", t}}, {{"k", "\xc3"}}), Contains("is not UTF-8"));
  CHECK(scratch.count() == 0);
}

TEST_CASE("damaged safetensors are refused in order", "[core][io]") {
  const Scratch scratch;
  save_safetensors(scratch.path("good"),
                   {{"a", tensor<float>({1, 2}, {2})}, {"b", tensor<uint8_t>({1}, {1})}}, {{"k", "v"}});
  const Bytes good = read_file(scratch.path("good"));
  survives_damage(good, good.size() - 9, "bad.safetensors",
                  [&](const Bytes& bytes) { load_safetensors(scratch.file("bad.safetensors", bytes)); });
}
