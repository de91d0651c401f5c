#pragma once
#include "net/http.hpp"
#include "store/download.hpp"
#include "store/source.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// A file of a repository as the hub lists it.
struct HubFile {
  std::string path;
  std::optional<std::uint64_t> size;  // bytes
  std::string sha256;                 // of large files
  std::string git_blob;               // of the others: see base/git_blob.hpp
};

/// A repository at one commit.
struct HubListing {
  std::string commit;   // 40 hex digits
  std::string license;  // as its card states it, "" if it does not
  std::vector<HubFile> files;
};

/// Reads the hub's answer about a model. `what` names it in messages. @throws Error{io} if it is none.
HubListing parse_listing(const std::string& text, const std::string& what);

/// The files of a model: the weights first, then those beside them that say what it is. `file`: the weights
/// that are asked for, "" for those that weights_among (formats/checkpoint.hpp) finds at the top.
/// @throws Error{not_found, unsupported} saying what there is instead.
std::vector<HubFile> choose_files(const HubListing& listing, const std::string& file,
                                  const std::string& what);

/// A hub of models that speaks Hugging Face's interface.
class Hub {
 public:
  /// `endpoint`: "https://huggingface.co". `setting`: by which the user named it, for messages; "" where
  /// nobody did.
  Hub(std::string endpoint, std::string setting, HttpClient& client)
      : endpoint_(std::move(endpoint)), setting_(std::move(setting)), client_(client) {}

  /// What there is in a repository. @throws Error{not_found, io}.
  HubListing list(const HubSource& source) const;
  /// One of its files, as it was at the listing's commit.
  Remote remote(const HubSource& source, const HubListing& listing, const HubFile& file) const;

 private:
  std::string endpoint_, setting_;
  HttpClient& client_;
};

}  // namespace lp
