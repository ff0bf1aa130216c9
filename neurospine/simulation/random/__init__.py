"""Counter-based random numbers: a value depends on what it is for, not on what came before.

The generator is Threefry-2x32 with 13 rounds, the fewest with which it passes the
Crush tests (Salmon et al. 2011, key salmon2011). Its counter is the slot (which
cell) and the tick (which step), its 64-bit key comes from the seed and the name
of the stream, so that results do not depend on the order of evaluation, the
number of threads or the backend.
``tests/unit/test_random.py`` holds it to the published known answers.
"""

from neurospine.simulation.random.arithmetic import slow_code as slow_code
from neurospine.simulation.random.arithmetic import slow_functions as slow_functions
from neurospine.simulation.random.noise import noise_functions as noise_functions
from neurospine.simulation.random.noise import normal as normal
from neurospine.simulation.random.noise import uniform as uniform
from neurospine.simulation.random.poisson import LARGEST_COUNT as LARGEST_COUNT
from neurospine.simulation.random.poisson import LARGEST_MEAN as LARGEST_MEAN
from neurospine.simulation.random.poisson import poisson_count as poisson_count
from neurospine.simulation.random.poisson import poisson_count_function as poisson_count_function
from neurospine.simulation.random.poisson import poisson_thresholds as poisson_thresholds
from neurospine.simulation.random.words import ROUNDS as ROUNDS
from neurospine.simulation.random.words import generator as generator
from neurospine.simulation.random.words import stream_key as stream_key
from neurospine.simulation.random.words import threefry as threefry
