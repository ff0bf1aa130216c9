// Scales of axes, and where their ticks are.

function linear([low, high], [from, to]) {
  const span = high - low || 1;
  const scale = (value) => from + ((value - low) / span) * (to - from);
  scale.range = [from, to];
  scale.ticks = (wanted) => {
    const rough = span / Math.max(wanted, 1);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((n) => n * power).find((size) => size >= rough * 0.7);
    const found = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + span * 1e-9; k += 1) {
      found.push(Number((k * step).toPrecision(12)));
    }
    return found;
  };
  return scale;
}

function logarithmic([low, high], range) {
  const place = linear([Math.log(low), Math.log(high)], range);
  const scale = (value) => place(Math.log(value));
  scale.range = range;
  scale.log = true;
  scale.ticks = (wanted) => {
    const powers = Math.log10(high / low);
    if (powers < 0.7) return linear([low, high], range).ticks(wanted);
    const parts = powers < 2 ? [1, 2, 5] : powers < 3.5 ? [1, 3] : [1];
    const found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
      for (const part of parts) {
        const value = Number((part * 10 ** power).toPrecision(12));
        if (value >= low * 0.999 && value <= high * 1.001) found.push(value);
      }
    }
    return found;
  };
  return scale;
}

// Lowest and highest of many numbers, with some room; NaN and null do not count.
function extent(lists, { log = false, room = 0.04 } = {}) {
  let low = Infinity;
  let high = -Infinity;
  for (const list of lists) {
    for (const value of list) {
      if (value === null || (log && value <= 0)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (low > high) return log ? [0.1, 1] : [0, 1];
  if (log) {
    const factor = Math.max((high / low) ** room, 1.02);
    return [low / factor, high * factor];
  }
  const extra = high > low ? (high - low) * room : Math.abs(high) * 0.05 || 1;
  return [low - extra, high + extra];
}
