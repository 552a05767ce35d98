// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/chance.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "detector/correlator/timing/log_gamma.h"

namespace cairn::relays {
namespace {

constexpr int kMostTerms = 10'000;
constexpr double kPrecision = 1e-12;

// The incomplete gamma function's power series: P(a, x) over its first factor.
double LowerSeries(double a, double x) {
  double term = 1 / a;
  double sum = term;
  for (int n = 1; n < kMostTerms && term > sum * kPrecision; ++n) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

// Its continued fraction (Legendre), by Lentz's rule: Q(a, x) over its first factor.
double UpperFraction(double a, double x) {
  constexpr double kTiny = std::numeric_limits<double>::min() / kPrecision;
  double b = x + 1 - a;
  double c = 1 / kTiny;
  double d = 1 / b;
  double product = d;
  for (int n = 1; n < kMostTerms; ++n) {
    const double numerator = -n * (n - a);
    b += 2;
    d = numerator * d + b;
    if (std::abs(d) < kTiny) d = kTiny;
    c = b + numerator / c;
    if (std::abs(c) < kTiny) c = kTiny;
    d = 1 / d;
    product *= d * c;
    if (std::abs(d * c - 1) < kPrecision) break;
  }
  return product;
}

}  // namespace

double ChiSquareTailNats(double freedom, double ratio) {
  const double a = freedom / 2;
  const double x = a * ratio;
  if (!(x > 0)) return 0;
  const double log_factor = a * std::log(x) - x - timing::LogGamma(a);
  if (x < a + 1) {
    const double below = std::exp(log_factor) * LowerSeries(a, x);
    return -std::log1p(-std::min(below, 1 - std::numeric_limits<double>::epsilon()));
  }
  return -(log_factor + std::log(UpperFraction(a, x)));
}

}  // namespace cairn::relays
