"""All workloads, in the order of the table."""

from .chain import CHAINS
from .elementwise import ELEMENTWISE
from .mlp import MLP
from .moons import MOONS
from .scalar import SCALAR
from .wide import WIDE

WORKLOADS = [MOONS, MLP, ELEMENTWISE, SCALAR, *CHAINS, WIDE]
