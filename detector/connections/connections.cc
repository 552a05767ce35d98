// SPDX-License-Identifier: BSD-3-Clause
#include "detector/connections/options.h"
