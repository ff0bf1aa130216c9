COMMENT
NMDA receptor for the cells of neuron_cells.py: two exponentials, magnesium block, no memory of events.
ENDCOMMENT

NEURON {
    POINT_PROCESS NMDAReceptor
    RANGE rise, decay, e, i
    NONSPECIFIC_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    rise  = 2  (ms)
    decay = 60 (ms)
    e     = 0  (mV)
}

ASSIGNED {
    v (mV)
    i (nA)
}

STATE {
    rising  (uS)
    falling (uS)
}

INITIAL {
    rising  = 0
    falling = 0
}

BREAKPOINT {
    SOLVE decays METHOD cnexp
    i = (falling - rising)*(v - e)/(1 + exp(-0.062(/mV)*v)/3.57)
}

DERIVATIVE decays {
    rising'  = -rising/rise
    falling' = -falling/decay
}

NET_RECEIVE(peak (uS)) {
    rising  = rising + peak
    falling = falling + peak
}
