#include "core/io/gzip.h"

#include "tests/core/io/scratch.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

/// "saddle" as one stored block.
const Bytes stored = {0x1f, 0x8b, 8,   0,   0,   0,   0,    0,    0,    3,    1, 6, 0, 0xf9, 0xff,
                      's',  'a',  'd', 'd', 'l', 'e', 0xe5, 0x32, 0x2c, 0x97, 6, 0, 0, 0};
/// The same with a file name in the header.
const Bytes named =
    Bytes{0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3, 'a', 0} + Bytes(stored.begin() + 10, stored.end());
/// 5000 times 'a', deflated: more than the first guess of the size.
const Bytes deflated = {0x1f, 0x8b, 8, 0,    0,    0,    0,    0,    2,    3,    0xed, 0xc1, 0x31, 1,
                        0,    0,    0, 0xc2, 0xa0, 0xac, 0xeb, 0x5f, 0xc2, 0x14, 0x7e, 0x40, 1,    0,
                        0,    0,    0, 0x6f, 3,    0x76, 0x59, 0xf4, 0x4c, 0x88, 0x13, 0,    0};

}  // namespace

TEST_CASE("gzip is inflated, with and without a name, in one member or several", "[core][io]") {
  CHECK(is_gzip(stored));
  CHECK_FALSE(is_gzip(bytes_of("saddle")));
  CHECK(gunzip(stored, "a") == bytes_of("saddle"));
  CHECK(gunzip(named, "a") == bytes_of("saddle"));
  CHECK(gunzip(deflated, "a") == Bytes(5000, 'a'));
  CHECK(gunzip(named + deflated + stored, "a") == bytes_of("saddle") + Bytes(5000, 'a') + bytes_of("saddle"));
}

TEST_CASE("gzip that is not whole is refused", "[core][io]") {
  CHECK_THROWS_WITH(gunzip(bytes_of("saddle"), "a.gz"), "a.gz: not a gzip file");
  CHECK_THROWS_WITH(gunzip(Bytes(stored.begin(), stored.begin() + 18), "a.gz"),
                    "a.gz is cut short: gzip data ends within a member at offset 18");
  Bytes wrong_checksum = stored;
  wrong_checksum[21] ^= 1;
  CHECK_THROWS_WITH(gunzip(wrong_checksum, "a.gz"),
                    Contains("a.gz: gzip data is damaged at offset") && Contains("incorrect data check"));
  Bytes wrong_length = stored;
  wrong_length[25] ^= 1;
  CHECK_THROWS_WITH(gunzip(wrong_length, "a.gz"), Contains("incorrect length check"));
  CHECK_THROWS_WITH(gunzip(stored + bytes_of("junk"), "a.gz"), Contains("incorrect header check"));
}

TEST_CASE("damaged gzip is refused in order", "[core][io]") {
  for (const Bytes& good : {stored, named, deflated})
    survives_damage(good, good.size(), "bad.gz", [](const Bytes& bytes) { gunzip(bytes, "bad.gz"); });
}
