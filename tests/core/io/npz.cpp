#include "core/io/npz.h"

#include "core/io/file.h"
#include "tests/core/io/scratch.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

/// An npy file of version 1 with that header text, unpadded.
Bytes npy(const std::string& header, const Bytes& data = {}) {
  Bytes bytes{0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  append_le(bytes, static_cast<uint16_t>(header.size()));
  return bytes + bytes_of(header) + data;
}

NamedTensors one_of_each() {
  return {{"mu", Tensor::from(std::vector<double>{0.5, -1, 2}, {3})},
          {"sigma", Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3})},
          {"labels", Tensor::from(std::vector<int64_t>{-1}, {})},
          {"pixels", Tensor::from(Bytes(1000, 7), {10, 100})},
          {"none", Tensor::empty({0, 2}, DType::f64)}};
}

/// Overwrites the first `from` at or after `at`.
Bytes with(Bytes bytes, const Bytes& from, const Bytes& to, size_t at = 0) {
  const auto it =
      std::search(bytes.begin() + static_cast<ptrdiff_t>(at), bytes.end(), from.begin(), from.end());
  REQUIRE(it != bytes.end());
  std::copy(to.begin(), to.end(), it);
  return bytes;
}

}  // namespace

TEST_CASE("npy has NumPy's bytes", "[core][io]") {
  const Scratch scratch;
  const auto path = scratch.path("a.npy");
  write_npy(path, Tensor::from(std::vector<float>{1.0f, -2.0f}, {2}));
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  header.resize(117, ' ');
  CHECK(read_file(path) == npy(header + "\n", {0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}));

  write_npy(path, Tensor::from(std::vector<uint8_t>{5, 6}, {1, 2}));
  header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }";
  header.resize(117, ' ');
  CHECK(read_file(path) == npy(header + "\n", {5, 6}));

  write_npy(path, Tensor::from(std::vector<int64_t>{-2}, {}));
  header = "{'descr': '<i8', 'fortran_order': False, 'shape': (), }";
  header.resize(117, ' ');
  CHECK(read_file(path) == npy(header + "\n", Bytes{0xfe} + Bytes(7, 0xff)));
  CHECK(read_npy(path).item() == -2);
}

TEST_CASE("npy headers are read in any order and version", "[core][io]") {
  const Bytes data = {1, 2, 3, 4, 5, 6};
  const auto values = [&](const std::string& header) { return parse_npy(npy(header, data), "a"); };
  CHECK(values("{'shape':(2,3),'fortran_order':False,'descr':'|u1'}\n").shape() == Shape{2, 3});
  CHECK(values("{'descr': '|u1', 'fortran_order': False, 'shape': (6,)}").shape() == Shape{6});

  const Bytes version_2 =
      with(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (6,)}", data), {1, 0}, {2, 0});
  Bytes wide = Bytes(version_2.begin(), version_2.begin() + 10) + Bytes{0, 0};
  CHECK(parse_npy(wide + Bytes(version_2.begin() + 10, version_2.end()), "a").numel() == 6);
}

TEST_CASE("npy in Fortran's order is turned into C's", "[core][io]") {
  const Tensor t =
      parse_npy(npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3)}", {1, 4, 2, 5, 3, 6}), "a");
  CHECK(t.shape() == Shape{2, 3});
  CHECK(t.to_vector<uint8_t>() == std::vector<uint8_t>{1, 2, 3, 4, 5, 6});
  const Tensor cube = parse_npy(
      npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 2)}", {0, 4, 2, 6, 1, 5, 3, 7}), "a");
  CHECK(cube.to_vector<uint8_t>() == std::vector<uint8_t>{0, 1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("npy that breaks the rules is refused", "[core][io]") {
  const auto [header, data, message] = GENERATE(table<std::string, size_t, std::string>({
      {"{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}", 4, "npy dtype >f4 is not one of"},
      {"{'descr': '<f2', 'fortran_order': False, 'shape': (1,)}", 2, "npy dtype <f2 is not one of"},
      {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", 2, "npy dtype |O is not one of"},
      {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", 4, "npy dtype is a record"},
      {"{'descr': '|u1', 'fortran_order': False}", 0, "not as NumPy writes it"},
      {"{'descr': '|u1', 'fortran_order': Maybe, 'shape': ()}", 1, "not as NumPy writes it near its byte 34"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': (1,)} x", 1, "not as NumPy writes it"},
      {"{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", 1,
       "not as NumPy writes it"},
      {"{'descr': '|u1", 0, "not as NumPy writes it"},
      {"", 0, "not as NumPy writes it"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}", 0,
       "not as NumPy writes it"},
      {"{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}", 0, "shape: extent -1 is negative"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904,)}", 0,
       "f64[4611686018427387904]"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 7,
       "a.npy is cut short: f32[2] does not fit into"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 9, "1 bytes too many follow f32[2]"},
  }));
  INFO(header);
  CHECK_THROWS_AS(parse_npy(npy(header, Bytes(data, 0)), "a.npy"), Error);
  CHECK_THROWS_WITH(parse_npy(npy(header, Bytes(data, 0)), "a.npy"), Contains("a.npy") && Contains(message));
}

TEST_CASE("npy magic is checked", "[core][io]") {
  const Bytes good = npy("{'descr': '|u1', 'fortran_order': False, 'shape': ()}", {1});
  CHECK_THROWS_WITH(parse_npy(with(good, {'N'}, {'n'}), "a"), "a: not an npy file: its magic is not NumPy's");
  CHECK_THROWS_WITH(parse_npy(with(good, {1, 0}, {4, 0}), "a"), "a: npy version 4.0 is unknown");
  const Scratch scratch;
  CHECK_THROWS_WITH(write_npy(scratch.path("a"), Tensor::zeros({1}, DType::bf16)),
                    Contains("NumPy has no dtype for bf16"));
}

TEST_CASE("npz comes back as it was saved", "[core][io]") {
  const Scratch scratch;
  const auto path = scratch.path("a.npz");
  const auto method = GENERATE(ZipMethod::stored, ZipMethod::deflated);
  const NamedTensors saved = one_of_each();
  write_npz(path, saved, method);
  const Bytes first = read_file(path);
  CHECK((first.size() < 2000) == (method == ZipMethod::deflated));
  const NamedTensors loaded = read_npz(path);
  REQUIRE(loaded.size() == saved.size());
  for (size_t i = 0; i < saved.size(); ++i) {
    CHECK(loaded[i].first == saved[i].first);
    CHECK(loaded[i].second.shape() == saved[i].second.shape());
    CHECK(loaded[i].second.dtype() == saved[i].second.dtype());
  }
  CHECK(find(loaded, "mu")->to_vector<double>() == std::vector<double>{0.5, -1, 2});
  CHECK(find(loaded, "sigma")->to_vector<float>() == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(find(loaded, "pixels")->to_vector<uint8_t>() == Bytes(1000, 7));
  write_npz(path, saved, method);
  CHECK(read_file(path) == first);
}

TEST_CASE("zip has its standard bytes", "[core][io]") {
  const Bytes archive = make_zip({{"a", bytes_of("saddle")}}, ZipMethod::stored);
  const Bytes common =
      Bytes{20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0, 0xe5, 0x32, 0x2c, 0x97, 6, 0, 0, 0, 6, 0, 0, 0, 1, 0, 0, 0};
  const Bytes local = Bytes{'P', 'K', 3, 4} + common + bytes_of("asaddle");
  const Bytes directory = Bytes{'P', 'K', 1, 2, 20, 0} + common + Bytes(14, 0) + bytes_of("a");
  const Bytes end = Bytes{'P', 'K', 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, 47, 0, 0, 0, 37, 0, 0, 0, 0, 0};
  CHECK(archive == local + directory + end);
  CHECK(read_zip(Bytes{'P', 'K', 5, 6} + Bytes(18, 0), "a").empty());
  // A comment behind the end record, and sizes in the local header that only its extra field would give.
  Bytes commented = archive;
  commented[commented.size() - 2] = 3;
  commented = with(commented + bytes_of("abc"), {6, 0, 0, 0, 6, 0, 0, 0}, Bytes(8, 0xff));
  CHECK(read_zip(commented, "a")[0].data == bytes_of("saddle"));
}

TEST_CASE("zip that breaks the rules is refused", "[core][io]") {
  const Bytes good = make_zip({{"a.npy", bytes_of("saddle")}}, ZipMethod::stored);
  const size_t directory = 30 + 5 + 6, end = good.size() - 22;
  const auto refused = [&](size_t at, Bytes bytes) {
    Bytes bad = good;
    std::copy(bytes.begin(), bytes.end(), bad.begin() + static_cast<ptrdiff_t>(at));
    read_zip(bad, "a.npz");
  };
  CHECK_NOTHROW(read_zip(good, "a.npz"));
  CHECK_THROWS_WITH(read_zip(bytes_of("saddle"), "a.npz"),
                    Contains("a.npz is cut short or not a zip archive"));
  CHECK_THROWS_WITH(refused(36, {'X'}),
                    "a.npz: member \"a.npy\" at offset 35 is damaged: its checksum does not match");
  CHECK_THROWS_WITH(refused(0, {'X'}), "a.npz: member \"a.npy\": no local header at offset 0");
  CHECK_THROWS_WITH(refused(directory, {'X'}), "a.npz: no directory entry at offset 41");
  CHECK_THROWS_WITH(refused(directory + 8, {1}), Contains("member \"a.npy\" is encrypted"));
  CHECK_THROWS_WITH(refused(directory + 10, {12}),
                    Contains("compression method 12 is neither stored nor deflated"));
  CHECK_THROWS_WITH(refused(directory + 10, {8}), Contains("its deflated data is damaged"));
  CHECK_THROWS_WITH(refused(directory + 20, {0xff, 0xff, 0xff, 0xff}),
                    Contains("needs zip64, which is not read"));
  CHECK_THROWS_WITH(refused(directory + 20, {7}),
                    Contains("its 7 bytes at offset 35 run into the directory"));
  CHECK_THROWS_WITH(refused(directory + 24, {5}), Contains("stored, but of two sizes"));
  CHECK_THROWS_WITH(refused(directory + 28, {6}), Contains("the directory entry at offset 41 does not fit"));
  CHECK_THROWS_WITH(refused(directory + 42, {200}), Contains("no local header at offset 200"));
  CHECK_THROWS_WITH(refused(end + 4, {1}), "a.npz: is spread over several volumes");
  CHECK_THROWS_WITH(refused(end + 8, {0xff, 0xff, 0xff, 0xff}), "a.npz: needs zip64, which is not read");
  CHECK_THROWS_WITH(refused(end + 16, {1}), Contains("does not reach to its end record at offset 92"));
  CHECK_THROWS_WITH(refused(end + 8, {0, 0, 0, 0}),
                    Contains("its directory ends at offset 41, not at its end"));
}

TEST_CASE("a deflated size is checked before memory is had for it", "[core][io]") {
  Bytes bad = make_zip({{"a", bytes_of("saddle")}}, ZipMethod::deflated);
  const Bytes sizes = {6, 0, 0, 0, 1, 0};  // the size and the length of the name
  bad = with(bad, sizes, {0xfe, 0xff, 0xff, 0xff}, 30);
  CHECK_THROWS_WITH(read_zip(bad, "a.zip"), Contains("deflated bytes cannot hold 4294967294"));
}

TEST_CASE("an npz holds arrays of different names", "[core][io]") {
  const Scratch scratch;
  const Tensor t = Tensor::zeros({1});
  CHECK_THROWS_WITH(write_npz(scratch.path("a"), {{"x", t}, {"x", t}}),
                    Contains("two arrays are named \"x\""));
  CHECK_THROWS_WITH(write_npz(scratch.path("a"), {{"x", Tensor()}}),
                    Contains("array \"x\": undefined tensor"));
  CHECK(scratch.count() == 0);
  const Bytes array = npy("{'descr': '|u1', 'fortran_order': False, 'shape': ()}", {1});
  CHECK_THROWS_WITH(parse_npz(make_zip({{"x.npy", array}, {"x.npy", array}}, ZipMethod::stored), "a.npz"),
                    "a.npz: member \"x.npy\" is there twice");
  CHECK_THROWS_WITH(parse_npz(make_zip({{"x.txt", {}}}, ZipMethod::stored), "a.npz"),
                    "a.npz: member \"x.txt\" is not an .npy array");
}

TEST_CASE("damaged npy and npz are refused in order", "[core][io]") {
  const Bytes array = npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2)}", Bytes(8, 1));
  survives_damage(array, array.size() - 8, "bad.npy",
                  [](const Bytes& bytes) { parse_npy(bytes, "bad.npy"); });
  for (auto method : {ZipMethod::stored, ZipMethod::deflated}) {
    const Bytes archive = make_zip({{"a.npy", array}, {"b.npy", array}}, method);
    survives_damage(archive, archive.size(), "bad.npz",
                    [](const Bytes& bytes) { parse_npz(bytes, "bad.npz"); });
  }
}
