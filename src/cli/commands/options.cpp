#include "cli/command.hpp"
#include "cli/option_list.hpp"
#include "cli/output.hpp"

namespace lp::cli {
namespace {

nlohmann::json value_json(const Settings& settings, const Option& option) {
  if (option.kind == OptionKind::flag) return settings.flag(option.name);
  if (is_repeatable(option.kind)) return settings.list(option.name);
  if (!settings.has(option.name)) return nullptr;
  if (option.kind == OptionKind::integer) return settings.integer(option.name);
  if (option.kind == OptionKind::number) return settings.number(option.name);
  return settings.text(option.name);
}

int run(const Invocation& invocation) {
  const Settings& settings = invocation.settings;
  nlohmann::json rows = nlohmann::json::array();
  std::vector<std::vector<std::string>> cells = {{"OPTION", "VALUE", "SOURCE", "ENVIRONMENT", "MEANING"}};
  for (const Option& option : option_list()) {
    if (option.flag_only) continue;
    const nlohmann::json value = value_json(settings, option);
    const Source source = settings.values().find(option.name)->second.source;
    rows.push_back({{"name", option.name},
                    {"value", value},
                    {"source", name(source)},
                    {"environment", environment_name(option)},
                    {"help", option.help}});
    const std::string shown = value.is_null() || (value.is_array() && value.empty()) ? "-"
                              : value.is_string() ? value.get<std::string>()
                                                  : value.dump();
    cells.push_back({option.name, shown, std::string(name(source)), environment_name(option), option.help});
  }
  invocation.json() ? print_json({{"options", rows}}) : print(table(cells));
  return 0;
}

}  // namespace

Command options_command() {
  Command command{
      .name = "options", .summary = "print every option, its value and where that came from", .run = run};
  for (const Option& option : option_list().subspan(common_options().size()))
    command.options.push_back(option.name);
  return command;
}

}  // namespace lp::cli
