#pragma once
#include <string_view>

namespace lp::transcripts {

/// The text of american_spellings.txt: a British and an American spelling a line, a tab between them; lines
/// that begin with # are comments.
std::string_view american_spellings();

}  // namespace lp::transcripts
