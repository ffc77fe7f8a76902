#include "gan/matching.h"

#include <limits>

#include "core/error.h"

namespace saddle {
namespace {

/// A matching that grows by a row at a time. With prices of rows and columns, no pair's value exceeds the sum
/// of its prices, and matched pairs reach it: so the matching is the best of its rows.
class Matching {
 public:
  Matching(const std::vector<int64_t>& value, size_t n)
      : value_(value), n_(n), price_of_row_(n), price_of_column_(n + 1), row_of_(n + 1, none) {}

  /// Matches the row, along the cheapest path that takes a free column at its end and moves rows between.
  void add(size_t row) {
    std::vector<int64_t> excess(n_, std::numeric_limits<int64_t>::max());  // least, to reach the column
    std::vector<size_t> before(n_, none);  // the column that it is reached from
    std::vector<bool> passed(n_ + 1, false);
    size_t column = n_;  // one that is not there, where the path begins
    row_of_[column] = row;
    while (row_of_[column] != none) {
      passed[column] = true;
      size_t next = none;
      for (size_t j = 0; j < n_; ++j) {
        if (passed[j]) continue;
        const int64_t here = slack(row_of_[column], j);
        if (here < excess[j]) {
          excess[j] = here;
          before[j] = column;
        }
        if (next == none || excess[j] < excess[next]) next = j;
      }
      reprice(excess, passed, excess[next]);
      column = next;
    }
    while (column != n_) {
      row_of_[column] = row_of_[before[column]];
      column = before[column];
    }
  }

  std::vector<int64_t> columns() const {
    std::vector<int64_t> of_row(n_);
    for (size_t j = 0; j < n_; ++j) of_row[row_of_[j]] = static_cast<int64_t>(j);
    return of_row;
  }

 private:
  static constexpr size_t none = std::numeric_limits<size_t>::max();

  int64_t slack(size_t row, size_t column) const {
    return price_of_row_[row] + price_of_column_[column] - value_[row * n_ + column];
  }

  /// Pays `by` less for rows on the path and more for its columns: the next column comes to cost nothing.
  void reprice(std::vector<int64_t>& excess, const std::vector<bool>& passed, int64_t by) {
    for (size_t j = 0; j <= n_; ++j) {
      if (passed[j]) {
        price_of_row_[row_of_[j]] -= by;
        price_of_column_[j] += by;
      } else if (j < n_) {
        excess[j] -= by;
      }
    }
  }

  const std::vector<int64_t>& value_;
  size_t n_;
  std::vector<int64_t> price_of_row_, price_of_column_;
  std::vector<size_t> row_of_;  // of each column; behind them, of the one where a path begins
};

}  // namespace

std::vector<int64_t> best_matching(const std::vector<int64_t>& value, int64_t n) {
  require(n >= 0 && static_cast<int64_t>(value.size()) == n * n, "best_matching: ", value.size(),
          " values are not ", n, " x ", n);
  Matching matching(value, static_cast<size_t>(n));
  for (size_t row = 0; row < static_cast<size_t>(n); ++row) matching.add(row);
  return matching.columns();
}

}  // namespace saddle
