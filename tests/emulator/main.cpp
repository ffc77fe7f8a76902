#define CATCH_CONFIG_MAIN
#define CATCH_CONFIG_CONSOLE_WIDTH 240  // a fault on one line
#include <catch2/catch.hpp>
