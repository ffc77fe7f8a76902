// How long a piece of work takes.
#pragma once
#include <functional>
#include <vector>

namespace saddle::bench {

/// Wall-clock seconds of `repeats` calls of f, one by one, after `warm_up` calls that are not counted.
std::vector<double> time_each(const std::function<void()>& f, int warm_up, int repeats);

/// As many calls as fit into about `budget` seconds, at least three, after one that is not counted.
std::vector<double> time_for(const std::function<void()>& f, double budget);

/// `times` must not be empty; of an even number, the mean of the middle two.
double median(std::vector<double> times);

}  // namespace saddle::bench
