// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_SURVEYS_REPORTS_SURVEY_SCHEMA_H_
#define CAIRN_SURVEYS_REPORTS_SURVEY_SCHEMA_H_

#include <string_view>

namespace cairn::output {

// The name and version of the JSON lines of all surveys: the first field of each.
inline constexpr std::string_view kSurveySchema = "cairn-survey/1";

}  // namespace cairn::output

#endif  // CAIRN_SURVEYS_REPORTS_SURVEY_SCHEMA_H_
