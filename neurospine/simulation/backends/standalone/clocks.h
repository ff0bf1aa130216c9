// Clocks whose times agree to the last bit, in place of those that come with the generated code.
//
// A clock there counts its own steps and multiplies by its own length of step. Two clocks that
// should tick together then differ in the last bits, and after a minute by more than the network
// takes for equal, so that one acts a step late. Here every time is a whole number of steps of
// the shortest clock, multiplied once.
#define _BRIAN_CLOCKS_H
#pragma once
#include <cmath>
#include <cstdint>

class BaseClock
{
public:
    int64_t* timestep;
    double* t;
    virtual void tick() = 0;
    virtual void set_interval(double start, double end) = 0;
    bool running() { return timestep[0] < end_step; }

protected:
    int64_t end_step = 0;
};

class Clock : public BaseClock
{
public:
    static inline double shortest = 0.0;  // the network's time step, in seconds
    double* dt;

    void tick() { move_to(timestep[0] + 1); }

    void set_interval(double start, double end)
    {
        move_to(steps(start));
        end_step = steps(end);
    }

private:
    int64_t steps(double time) const { return (int64_t)std::ceil(time / dt[0] - 1e-6); }

    void move_to(int64_t step)
    {
        timestep[0] = step;
        if (shortest > 0.0)
            t[0] = (double)(step * std::llround(dt[0] / shortest)) * shortest;
        else
            t[0] = (double)step * dt[0];
    }
};
