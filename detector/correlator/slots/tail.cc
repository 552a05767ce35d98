// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/slots/tail.h"

#include <cmath>
#include <initializer_list>
#include <numbers>

#include "detector/correlator/timing/log_gamma.h"

namespace cairn::slots {
namespace {

// The continued fraction of the regularised incomplete beta function (Abramowitz & Stegun 26.5.8,
// by Lentz's method), without the factor before it.
double BetaFraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  constexpr int kMostTerms = 300;
  double c = 1;
  double d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::abs(d) < kTiny ? kTiny : d);
  double fraction = d;
  for (int m = 1; m <= kMostTerms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double step = 1;
    for (const double term : {even, odd}) {
      d = 1 + term * d;
      c = 1 + term / c;
      d = 1 / (std::abs(d) < kTiny ? kTiny : d);
      c = std::abs(c) < kTiny ? kTiny : c;
      step = d * c;
      fraction *= step;
    }
    if (std::abs(step - 1) < 1e-10) break;
  }
  return fraction;
}

}  // namespace

// P(T > t) = I_x(freedom/2, 1/2) / 2 with x = freedom / (freedom + t^2).
double StudentTailNats(double t, double freedom) {
  if (!(t > 0)) return std::numbers::ln2 * (t == 0 ? 1 : 0);
  const double a = freedom / 2;
  const double b = 0.5;
  const double x = freedom / (freedom + t * t);
  const double log_factor = timing::LogGamma(a + b) - timing::LogGamma(a) - timing::LogGamma(b) +
                            a * std::log(x) + b * std::log1p(-x);
  double log_beta = 0;
  if (x < (a + 1) / (a + b + 2)) {
    log_beta = log_factor + std::log(BetaFraction(a, b, x) / a);
  } else {
    log_beta = std::log1p(-std::exp(log_factor) * BetaFraction(b, a, 1 - x) / b);
  }
  return std::numbers::ln2 - log_beta;
}

}  // namespace cairn::slots
