"""Have the C library keep the memory of freed arrays for the next ones.

To get megabytes from the system and give them back costs as much as an elementwise op on them,
since each page comes zeroed. glibc learns from the largest piece of memory that was freed: pieces
up to that size are kept from then on, at most twice as much in all (M_MMAP_THRESHOLD in
mallopt(3)). A training loop would teach it in the end; a piece that nobody touches does at once.
"""

import numpy as np

LARGEST = 31 << 20  # bytes; glibc learns up to 32 MiB


def keep_freed_memory() -> None:
    """Free one large piece of memory, untouched."""
    np.empty(LARGEST, np.uint8)
