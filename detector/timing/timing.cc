// SPDX-License-Identifier: BSD-3-Clause
#include "detector/timing/options.h"
