// What goes along dendrites, as simulation/spreading.py does it in Python.
#include "runtime.h"

namespace neurospine {

namespace {

const double IMPLICIT = 1.0 - std::sqrt(0.5);
const double LARGEST_DIVISION = 2.0;
const int MOST_DIVISIONS = 64;

// A tridiagonal system whose matrix is the same in every division, taken apart once.
struct Rows {
    std::vector<double> share, pivot;  // what goes to the next row, and one over the diagonal

    Rows(const double* coupling, std::size_t count, double interval) : share(count), pivot(count)
    {
        double back = 0.0, taken = 0.0;
        for (std::size_t k = 0; k < count; k++) {
            const double forth = IMPLICIT * coupling[k] * interval;
            pivot[k] = 1.0 / (1.0 + forth + back - taken);
            share[k] = k + 1 < count ? forth * pivot[k] : 0.0;
            taken = share[k] * forth;
            back = forth;
        }
    }

    void solve(double* values) const
    {
        const std::size_t count = share.size();
        for (std::size_t k = 1; k < count; k++) values[k] += share[k - 1] * values[k - 1];
        for (std::size_t k = count; k-- > 0;) {
            values[k] *= pivot[k];
            if (k + 1 < count) values[k] += share[k] * values[k + 1];
        }
    }
};

}  // namespace

void spread(double* values, const double* coupling, std::size_t count, double interval)
{
    double fastest = 0.0;
    for (std::size_t k = 0; k < count; k++) fastest = std::max(fastest, coupling[k] * interval);
    if (fastest == 0.0) return;
    const double wanted = std::ceil(fastest / LARGEST_DIVISION);
    const int divisions = wanted > MOST_DIVISIONS ? MOST_DIVISIONS : std::max(1, (int)wanted);
    const double length = interval / divisions, explicitly = (1.0 - 2.0 * IMPLICIT) * length;
    const Rows rows(coupling, count, length);
    for (int division = 0; division < divisions; division++) {
        double in = 0.0;
        for (std::size_t k = 0; k < count; k++) {
            const double out = k + 1 < count ? coupling[k] * (values[k + 1] - values[k]) : 0.0;
            values[k] += explicitly * (out - in);
            in = out;
        }
        rows.solve(values);
        rows.solve(values);
    }
}

void collect(const std::vector<double>& from, const std::vector<std::int32_t>& index, double* to)
{
    for (std::size_t k = 0; k < from.size(); k++) to[index[k]] += from[k];
}

void look(std::vector<double>& here, const std::vector<std::int32_t>& index, const double* there)
{
    for (std::size_t k = 0; k < here.size(); k++) here[k] = there[index[k]];
}

}  // namespace neurospine
