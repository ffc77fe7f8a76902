#include "core/io/file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>

#include "tests/core/io/scratch.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

TEST_CASE("files are read whole and in parts", "[core][io]") {
  const Scratch scratch;
  const auto path = scratch.file("a", bytes_of("saddle"));
  CHECK(read_file(path) == bytes_of("saddle"));
  CHECK(read_file(scratch.file("empty", {})).empty());

  const InputFile file(path);
  CHECK(file.size() == 6);
  Bytes part(3);
  file.read(2, part.data(), 3);
  CHECK(part == bytes_of("ddl"));
  CHECK_THROWS_WITH(file.read(4, part.data(), 3),
                    path.string() + " is cut short: 1 bytes are missing at offset 6");
}

TEST_CASE("reading says what is wrong with which file", "[core][io]") {
  const Scratch scratch;
  CHECK_THROWS_WITH(read_file(scratch.path("none")),
                    scratch.path("none").string() + ": cannot be opened: No such file or directory");
  CHECK_THROWS_WITH(read_file(scratch.path()), scratch.path().string() + ": is a folder, a file is needed");
  CHECK_THROWS_WITH(read_file("/dev/null"), "/dev/null: is not a regular file, a file is needed");
  CHECK_THROWS_WITH(list_folder(scratch.path("none")), Contains("none: cannot be listed: No such file"));
}

TEST_CASE("folders are listed by name", "[core][io]") {
  const Scratch scratch;
  for (const char* name : {"b", "c", "a"}) scratch.file(name, {});
  CHECK(list_folder(scratch.path()) == std::vector{scratch.path("a"), scratch.path("b"), scratch.path("c")});
  CHECK(is_folder(scratch.path()));
  CHECK_FALSE(is_folder(scratch.path("a")));
  CHECK_FALSE(is_folder(scratch.path("none")));
}

TEST_CASE("a file is replaced at once and keeps ordinary permissions", "[core][io]") {
  const Scratch scratch;
  const auto path = scratch.path("a");
  write_file_atomically(path, bytes_of("one"));
  CHECK(read_file(path) == bytes_of("one"));
  write_file_atomically(path, [&](OutputFile& out) {
    out.write(bytes_of("tw"));
    CHECK(read_file(path) == bytes_of("one"));
    out.write("o", 1);
  });
  CHECK(read_file(path) == bytes_of("two"));
  CHECK(scratch.count() == 1);

  const mode_t mask = ::umask(0);
  ::umask(mask);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == (0666 & ~mask));
}

TEST_CASE("a failed write leaves the earlier file and nothing else", "[core][io]") {
  const Scratch scratch;
  const auto path = scratch.file("a", bytes_of("earlier"));
  SECTION("the writer throws") {
    CHECK_THROWS_WITH(write_file_atomically(path,
                                            [](OutputFile& out) {
                                              out.write("new", 3);
                                              throw Error("the writer's own");
                                            }),
                      "the writer's own");
  }
  SECTION("a folder is in the way") {
    std::filesystem::create_directory(scratch.path("folder"));
    CHECK_THROWS_WITH(write_file_atomically(scratch.path("folder"), bytes_of("new")),
                      Contains("folder: is not a regular file and is not replaced"));
    std::filesystem::remove(scratch.path("folder"));
  }
  CHECK(read_file(path) == bytes_of("earlier"));
  CHECK(scratch.count() == 1);
}

TEST_CASE("writing names the file and the reason", "[core][io]") {
  const Scratch scratch;
  CHECK_THROWS_WITH(write_file_atomically(scratch.path("none") / "a", bytes_of("new")),
                    (scratch.path("none") / "a").string() + ": cannot be created: No such file or directory");
  CHECK_THROWS_WITH(write_file_atomically("/dev/full", bytes_of("new")),
                    "/dev/full: is not a regular file and is not replaced");
}

TEST_CASE("a disk that fills up loses nothing", "[core][io]") {
  const Scratch scratch;
  const auto path = scratch.file("a", bytes_of("earlier"));
  // A limit on the size of files, in a child of its own, makes the system cut a write short and refuse the
  // next.
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit limit{1000, 1000};
    int result = 1;
    if (std::signal(SIGXFSZ, SIG_IGN) != SIG_ERR && ::setrlimit(RLIMIT_FSIZE, &limit) == 0) {
      try {
        write_file_atomically(path, Bytes(4000, 'x'));
      } catch (const Error& error) {
        result = error.what() == path.string() + ": cannot be written: File too large" ? 0 : 2;
      }
    }
    ::_exit(result);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(read_file(path) == bytes_of("earlier"));
  CHECK(scratch.count() == 1);
}
