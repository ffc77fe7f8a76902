// Which kind of source a path is. The rules, in the order in which they are tried; docs/data.md tells them to
// users.
//   shapes                           the built-in generator; ./shapes is a path
//   25-gaussians, 8-gaussians        points of the plane, built in too
//   a file *.bin                     a CIFAR-10 batch
//   a file of gzip, or 00 00 08 …    IDX images; labels beside it, by name
//   a folder with trainA or trainB   refused: two sets, give one
//   … with *images*idx3-ubyte[.gz]   IDX; t10k is passed over
//   … with data_batch_*.bin          CIFAR-10
//   … with images and dataset.json   labels from there, or none
//   … with images only in train/, or in train/ and the folders of other splits: as if train/ had been given
//   … with all images in sub-folders, two or more, one level down: class folders
//   … with images at any depth       images without labels
// Hidden files and folders are passed over everywhere. A folder that is of two kinds is refused.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "core/io/cifar.h"
#include "core/io/file.h"
#include "core/io/gzip.h"
#include "core/io/idx.h"
#include "core/io/image.h"
#include "gan/data/mixture.h"
#include "gan/data/sources.h"

namespace saddle {
namespace {

namespace fs = std::filesystem;

constexpr int64_t greatest_label = 65535;
constexpr const char* shapes_name = "shapes";

/// Only by its whole name: anything else is a path.
const Mixture* mixture_named(const std::string& text) {
  const Mixture* found = find_mixture(text);
  return found != nullptr && found->name == text ? found : nullptr;
}

bool is_hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// IDX
// --------------------------------------------------------------------------------------------------------

std::string without_gz(const std::string& name) {
  return name.ends_with(".gz") ? name.substr(0, name.size() - 3) : name;
}

/// True for `train-images-idx3-ubyte`, `train-images.idx3-ubyte`,
/// `emnist-letters-train-images-idx3-ubyte.gz`, …
bool is_idx_images_name(const std::string& name) {
  return without_gz(name).ends_with("idx3-ubyte") && name.find("images") != std::string::npos;
}

/// The file of labels beside a file of images: `images` is `labels` in its name, `idx3` is `idx1`.
std::optional<fs::path> labels_beside(const fs::path& images) {
  std::string name = without_gz(images.filename().string());
  const size_t word = name.rfind("images"), rank = name.rfind("idx3");
  if (word == std::string::npos) return {};
  if (rank != std::string::npos) name.replace(rank, 4, "idx1");
  name.replace(word, 6, "labels");
  for (const std::string& candidate : {name, name + ".gz"})
    if (is_file(images.parent_path() / candidate)) return images.parent_path() / candidate;
  return {};
}

std::unique_ptr<Source> open_idx(const fs::path& path) {
  const Tensor images = read_idx(path);
  require<Error>(images.rank() == 3, path.string(), ": IDX data ", images.shape(),
                 " are not images [N,H,W]; give the file of the images");
  require<Error>(images.numel() > 0, path.string(), ": holds no images: ", images.shape());
  const int64_t n = images.size(0);
  Tensor labels;
  if (const auto file = labels_beside(path)) {
    const Tensor bytes = read_idx(*file);
    require<Error>(bytes.shape() == Shape{n}, file->string(), ": labels ", bytes.shape(), " do not fit the ",
                   n, " images of ", path.filename().string());
    labels = Tensor::empty({n}, DType::i64);
    std::copy_n(bytes.data<uint8_t>(), n, labels.data<int64_t>());
  }
  return std::make_unique<ArraySource>("IDX", path.string(),
                                       images.reshape({n, 1, images.size(1), images.size(2)}), labels,
                                       std::vector<std::string>{});
}

/// The one set of IDX images in `folder`; none if there are no such files.
std::optional<fs::path> find_idx(const fs::path& folder, const std::vector<fs::path>& entries) {
  std::map<std::string, fs::path> sets;  // a file and the same with .gz are one set
  bool test_only = false;
  for (const fs::path& entry : entries) {
    const std::string name = entry.filename().string();
    if (!is_idx_images_name(name)) continue;
    if (name.starts_with("t10k"))
      test_only = true;
    else
      sets.emplace(without_gz(name), entry);
  }
  if (sets.size() > 1)
    throw Error(concat(folder.string(), ": holds several IDX sets, ", sets.begin()->first, " and ",
                       std::next(sets.begin())->first, " among them; give one of the files"));
  require<Error>(!sets.empty() || !test_only, folder.string(),
                 ": holds only the test images t10k of IDX; give that file to use them");
  if (sets.empty()) return {};
  return sets.begin()->second;
}

// CIFAR-10
// ---------------------------------------------------------------------------------------------------

bool is_cifar_name(const std::string& name) {
  return name.starts_with("data_batch_") && name.ends_with(".bin");
}

std::unique_ptr<Source> open_cifar(const fs::path& path) {
  Cifar10 set = read_cifar10(path);
  return std::make_unique<ArraySource>("CIFAR-10", path.string(), set.images, set.labels, set.class_names);
}

// Folders of images
// ------------------------------------------------------------------------------------------

struct Found {
  std::vector<fs::path> images;  // relative to the folder, sorted
  size_t others = 0;             // files that are not images
  std::string first_other;
};

/// The path without links; as it is if it cannot be followed.
fs::path real_path(const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  return error ? path : real;
}

/// Collects the images in `folder` / `inside`, in the order of their paths. Links to folders are followed;
/// `above` are the real paths of the folders on the way.
void find_images(const fs::path& folder, const fs::path& inside, std::vector<fs::path>& above, Found& found) {
  above.push_back(real_path(folder / inside));
  for (const fs::path& entry : list_folder(folder / inside)) {
    if (is_hidden(entry)) continue;
    const fs::path relative = inside / entry.filename();
    if (is_folder(entry)) {
      require<Error>(std::ranges::find(above, real_path(entry)) == above.end(), entry.string(),
                     ": a link to a folder that holds it; remove it");
      find_images(folder, relative, above, found);
    } else if (is_image_file(entry)) {
      found.images.push_back(relative);
    } else if (found.others++ == 0) {
      found.first_other = relative.string();
    }
  }
  above.pop_back();
}

/// True if the images lie in `train` and nowhere else but in folders named as other splits are.
bool is_split(const std::vector<fs::path>& images) {
  static const std::set<std::string> splits = {"train", "val", "valid", "validation", "test"};
  bool train = false;
  for (const fs::path& image : images) {
    const std::string top = image.begin()->string();
    if (std::next(image.begin()) == image.end() || !splits.contains(top)) return false;
    train = train || top == "train";
  }
  return train;
}

/// Keeps the images in `train`, with paths from there on.
void keep_train(std::vector<fs::path>& images) {
  std::erase_if(images, [](const fs::path& image) { return *image.begin() != "train"; });
  for (fs::path& image : images) image = image.lexically_relative("train");
}

/// The labels in a dataset.json of StyleGAN, `{"labels": [["path", label], …]}`, an image each; empty if
/// "labels" is null or missing.
std::vector<int64_t> read_dataset_json(const fs::path& file, const std::vector<fs::path>& images) {
  using nlohmann::json;
  const std::string name = file.string();
  const Bytes bytes = read_file(file);
  const json root = json::parse(bytes.begin(), bytes.end(), nullptr, false);
  require<Error>(root.is_object(), name, ": not a JSON object with the key \"labels\"");
  if (!root.contains("labels") || root["labels"].is_null()) return {};
  require<Error>(root["labels"].is_array(), name, ": \"labels\" is not a list of [\"path\", label]");
  std::map<std::string, int64_t> label_of;
  for (size_t i = 0; i < root["labels"].size(); ++i) {
    const json& entry = root["labels"][i];
    require<Error>(entry.is_array() && entry.size() == 2 && entry[0].is_string() &&
                       entry[1].is_number_integer() && entry[1] >= 0 && entry[1] <= greatest_label,
                   name, ": entry ", i, " of \"labels\" is not [\"path\", label] with a label from 0 to ",
                   greatest_label);
    label_of[entry[0].get<std::string>()] = entry[1].get<int64_t>();
  }
  std::vector<int64_t> labels;
  for (const fs::path& image : images) {
    const auto entry = label_of.find(image.generic_string());
    require<Error>(entry != label_of.end(), name, ": no label for ", image.generic_string());
    labels.push_back(entry->second);
  }
  return labels;
}

std::unique_ptr<Source> open_images(fs::path folder, Found found) {
  if (!is_file(folder / "dataset.json") && is_split(found.images)) {
    folder /= "train";
    keep_train(found.images);
  }
  std::string format = "folder";
  std::vector<int64_t> labels;
  std::vector<std::string> classes;
  if (is_file(folder / "dataset.json")) {
    format = "folder with dataset.json";
    labels = read_dataset_json(folder / "dataset.json", found.images);
  } else {
    std::map<std::string, int64_t> label_of;  // sorted by class name
    const auto in_class = [](const fs::path& image) {
      return std::distance(image.begin(), image.end()) == 2;
    };
    if (std::ranges::all_of(found.images, in_class))
      for (const fs::path& image : found.images) label_of[image.begin()->string()];
    if (label_of.size() >= 2) {
      format = "class folders";
      for (auto& [name, label] : label_of) {
        label = static_cast<int64_t>(classes.size());
        classes.push_back(name);
      }
      for (const fs::path& image : found.images) labels.push_back(label_of[image.begin()->string()]);
    }
  }
  for (fs::path& image : found.images) image = folder / image;
  return std::make_unique<FileSource>(format, std::move(found.images), std::move(labels), std::move(classes));
}

// ------------------------------------------------------------------------------------------------------------

constexpr const char* what_there_is =
    "a source is an IDX file or folder (*images*idx3-ubyte, or .gz), a CIFAR-10 batch or folder "
    "(data_batch_*.bin), "
    "a folder of .png, .jpg, .jpeg or .bmp images, or the built-in shapes, 25-gaussians or "
    "8-gaussians";

std::unique_ptr<Source> open_folder(const fs::path& path) {
  const std::string name = path.string();
  std::vector<fs::path> entries = list_folder(path);
  std::erase_if(entries, is_hidden);
  for (const fs::path& entry : entries) {
    const std::string domain = entry.filename().string();
    require<Error>((domain != "trainA" && domain != "trainB") || !is_folder(entry), name, ": ", domain,
                   " in it is one of two sets for translation between images; one set is read: give ",
                   entry.string());
  }
  const auto named = [&](bool (*matches)(const std::string&)) {
    return std::ranges::any_of(entries, [&](const fs::path& e) { return matches(e.filename().string()); });
  };
  const bool cifar = named(is_cifar_name), idx = named(is_idx_images_name);
  const bool images =
      std::ranges::any_of(entries, [](const fs::path& e) { return is_image_file(e) && !is_folder(e); });
  require<Error>(cifar + idx + images <= 1, name,
                 ": holds more than one kind of data:", idx ? " IDX files" : "",
                 cifar ? " CIFAR-10 batches" : "", images ? " images" : "",
                 "; give one of the files, or a folder of its own for each");
  if (idx) return open_idx(*find_idx(path, entries));
  if (cifar) return open_cifar(path);

  Found found;
  std::vector<fs::path> above;
  find_images(path, {}, above, found);
  if (!found.images.empty()) return open_images(path, std::move(found));
  require<Error>(found.others > 0, name, ": an empty folder; ", what_there_is);
  throw Error(concat(name, ": holds no images (", found.others,
                     found.others == 1 ? " other file, " : " other files, the first ", found.first_other,
                     "); ", what_there_is));
}

std::unique_ptr<Source> open_file(const fs::path& path) {
  const std::string name = path.string();
  require<Error>(!is_image_file(path), name, ": a single image; give the folder that holds it");
  if (path.extension() == ".bin") return open_cifar(path);
  const InputFile file(path);
  Bytes start(static_cast<size_t>(std::min<uint64_t>(file.size(), 4)));
  file.read(0, start.data(), start.size());
  require<Error>(is_idx_images_name(path.filename().string()) || is_gzip(start) ||
                     (start.size() == 4 && start[0] == 0 && start[1] == 0),
                 name, ": neither IDX (plain or gzip) nor a CIFAR-10 batch (.bin); ", what_there_is);
  return open_idx(path);
}

}  // namespace

std::unique_ptr<Source> open_source(const std::string& text, uint64_t seed) {
  if (text == shapes_name) return std::make_unique<ShapesSource>(seed);
  if (const Mixture* mixture = mixture_named(text)) return std::make_unique<MixtureSource>(*mixture, seed);
  const fs::path path = text;
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  require<Error>(type != fs::file_type::not_found, '"', text, "\": no such file or folder; ", what_there_is);
  require<Error>(type != fs::file_type::none, text, ": cannot be opened: ", error.message());
  return type == fs::file_type::directory ? open_folder(path) : open_file(path);
}

bool is_built_in_source(const std::string& text) {
  return text == shapes_name || mixture_named(text) != nullptr;
}

}  // namespace saddle
