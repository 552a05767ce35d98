// SPDX-License-Identifier: BSD-3-Clause
#include "detector/policy/options.h"
