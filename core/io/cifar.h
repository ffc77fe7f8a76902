// The binary form of CIFAR-10 (Krizhevsky 2009; https://www.cs.toronto.edu/~kriz/cifar.html): records of one
// label byte and 3072 pixel bytes, the red, green and blue planes of 32x32 in row-major order.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace saddle {

struct Cifar10 {
  Tensor images;                         ///< u8 [N,3,32,32]
  Tensor labels;                         ///< i64 [N], 0 to 9
  std::vector<std::string> class_names;  ///< ten, or none where there is no batches.meta.txt
};

enum class CifarSplit { train, test };

/// Reads a folder, of which `data_batch_*.bin` in the order of their names are `train` and `test_batch.bin`
/// is `test`, or a single file of any name. The number of records follows from the size. Class names come
/// from the lines of `batches.meta.txt` in the same folder. Throws Error for a folder without such files, a
/// size that is no multiple of a record, or a label above 9, naming file, record and offset.
Cifar10 read_cifar10(const std::filesystem::path& path, CifarSplit split = CifarSplit::train);

}  // namespace saddle
