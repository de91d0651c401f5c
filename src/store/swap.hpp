#pragma once
#include <filesystem>
#include <string_view>

namespace lp {

/// INCOMING/.replaced/NAME holds the model NAME while another one takes its place in two steps. No staging
/// folder is called so, and nothing that comes from outside gets there.
inline constexpr std::string_view replaced_folder = ".replaced";

/// How a folder takes another one's place: in one step where the system can do that, or in two, between which
/// nothing has the name.
enum class Swap { one_step, two_steps };

/// Gives the folder `fresh` the name `place` and moves what was there, if anything was, to `fresh`. On file
/// systems without a step for both (NFS and some others) it takes two; `put_back` mends what a kill between
/// them leaves. Both are on one file system, and `fresh` is INCOMING/SOMETHING/NAME, `place` MODELS/NAME.
/// Whoever calls has the store's lock. @throws Error{io}.
void put_in_place(const std::filesystem::path& fresh, const std::filesystem::path& place,
                  Swap how = Swap::one_step);

/// Puts models back that a kill between two steps left without their name, and removes those whose name is
/// taken. Whoever calls has the store's lock.
void put_back(const std::filesystem::path& incoming, const std::filesystem::path& models);

/// Fills the new folder `to` with what `from` has: files are shared (hard links) where the file system has
/// that, else copied; links are copied as links. @throws Error{io}.
void link_all(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace lp
