"""Data in mini-batches: Dataset, TensorDataset, DataLoader, random_split.

>>> import autograd
>>> data = TensorDataset(autograd.arange(5), autograd.arange(5) ** 2)
>>> for x, y in DataLoader(data, batch_size=2):
...     print(x, y)
tensor([0, 1]) tensor([0, 1])
tensor([2, 3]) tensor([4, 9])
tensor([4]) tensor([16])
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np

import autograd
from autograd import Tensor
from autograd.creation import checked


class Dataset:
    """What datasets may derive from: define ``__getitem__`` and ``__len__``.

    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, index):
    ...         return index, index**2
    >>> next(iter(DataLoader(Squares(), batch_size=3)))
    (tensor([0, 1, 2]), tensor([0, 1, 4]))
    """

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__(index)")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} has no __len__()")


class TensorDataset(Dataset):
    """Tensors side by side: item ``i`` is a tuple with ``tensor[i]`` of each.

    Raises TypeError for what is no Tensor, ValueError for tensors of different lengths.

    >>> TensorDataset(autograd.tensor([1.0, 2.0]), autograd.tensor([0, 1]))[1]
    (tensor(2.), tensor(1))
    """

    def __init__(self, *tensors: Tensor) -> None:
        for x in tensors:
            if not isinstance(x, Tensor):
                raise TypeError(f"TensorDataset: needs Tensors, got {type(x).__name__}")
        shapes = [x.shape for x in tensors]
        if not shapes or () in shapes or len({shape[0] for shape in shapes}) > 1:
            raise ValueError(f"TensorDataset: needs tensors of one length, got shapes {shapes}")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(x[index] for x in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])


class Subset(Dataset):
    """The items of a dataset that ``indices`` name. Raises TypeError for what are no integers.

    >>> len(Subset(TensorDataset(autograd.arange(5)), [0, 3]))
    2
    """

    def __init__(self, dataset: Any, indices: Sequence[int] | np.ndarray) -> None:
        self.dataset = dataset
        self.indices = np.asarray(indices)
        if self.indices.size and self.indices.dtype.kind not in "iu":
            raise TypeError(f"Subset: indices must be integers, got {self.indices.dtype}")
        self.indices = self.indices.astype(int)

    def __getitem__(self, index: Any) -> Any:
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


class DataLoader:
    """Goes through a dataset in batches, in a new order each time if it should ``shuffle``.

    A dataset has ``len()`` and items. In a batch the Tensors, arrays or numbers of the items are
    stacked; items may be tuples, lists or dicts of these, and strings stay a list; or else
    ``collate_fn`` makes a batch of a list of items. ``drop_last`` leaves out a last batch that is
    smaller. The order comes from ``sampler``, which has ``len()`` and gives indices, or from
    ``generator``, one of NumPy's, or else from the random numbers of ``autograd.manual_seed``.
    ``num_workers`` and ``pin_memory`` may be told what is so: no other process loads the data,
    and no GPU gets it. Raises ValueError for other values of these, for a ``batch_size`` below 1
    and for items of a batch that differ in form, TypeError for another ``generator``.

    >>> loader = DataLoader(TensorDataset(autograd.arange(10)), batch_size=4, drop_last=True)
    >>> len(loader), [x.tolist() for (x,) in loader]
    (2, [[0, 1, 2, 3], [4, 5, 6, 7]])
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool | None = False,
        *,
        sampler: Iterable[int] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        generator: np.random.Generator | None = None,
    ) -> None:
        if not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise ValueError(f"DataLoader: batch_size must be an integer above 0, got {batch_size}")
        if num_workers or pin_memory:
            raise ValueError(
                f"DataLoader: num_workers must be 0 and pin_memory False, got {num_workers} and "
                f"{pin_memory}: the data are loaded in this process, for its CPU"
            )
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: the order is the sampler's; leave out shuffle, or it")
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.sampler = sampler
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self.generator = checked("DataLoader", generator)

    def __iter__(self) -> Iterator[Any]:
        n = len(self.dataset)
        if self.sampler is not None:
            order = Subset(self.dataset, list(self.sampler)).indices
        elif self.shuffle:
            order = (self.generator or autograd.generator()).permutation(n)
        else:
            order = np.arange(n)
        for i in range(len(self)):
            chosen = order[i * self.batch_size : (i + 1) * self.batch_size]
            if self.collate_fn is None:
                yield batch(self.dataset, chosen)
            else:
                yield self.collate_fn([self.dataset[i] for i in chosen.tolist()])

    def __len__(self) -> int:
        n = len(self.dataset) if self.sampler is None else len(self.sampler)  # type: ignore[arg-type]
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)


def batch(dataset: Any, indices: np.ndarray) -> Any:
    """The items of a dataset that ``indices`` name, stacked; at once where each is a row."""
    take = getattr(type(dataset), "__getitem__", None)  # a subclass may have its own
    if take is Subset.__getitem__:
        return batch(dataset.dataset, dataset.indices[indices])
    if take is TensorDataset.__getitem__:
        return dataset[indices]
    return stacked([dataset[i] for i in indices.tolist()])


def stacked(items: list) -> Any:
    """Items of one form as one: Tensors, arrays and numbers with a new first dimension."""
    first = items[0]
    forms = [form(item) for item in items]
    if any(other != forms[0] for other in forms):
        raise ValueError(
            f"DataLoader: the items of a batch must have one form to be stacked, got "
            f"{', '.join(map(str, dict.fromkeys(map(str, forms))))}"
        )
    if isinstance(first, Mapping):
        parts = {key: stacked([item[key] for item in items]) for key in first}
        if not isinstance(first, MutableMapping):
            return type(first)(parts)  # type: ignore[call-arg]
        whole = copy.copy(first)
        whole.update(parts)
        return whole
    if isinstance(first, tuple | list):
        columns = [stacked(list(part)) for part in zip(*items, strict=True)]
        named = hasattr(first, "_fields")  # a namedtuple
        return type(first)(*columns) if named else type(first)(columns)
    if isinstance(first, str | bytes):
        return items
    if isinstance(first, Tensor):
        return autograd.stack(items)
    return Tensor(np.stack(items) if isinstance(first, np.ndarray) else items)


def form(item: Any) -> Any:
    """What items have in common that can be stacked: keys, a number of parts, or a shape."""
    if isinstance(item, Mapping):
        return set(item)
    if isinstance(item, tuple | list):
        return f"{len(item)} parts"
    return "a string" if isinstance(item, str | bytes) else np.shape(item)


def random_split(
    dataset: Any, lengths: Sequence[float], generator: np.random.Generator | None = None
) -> list[Subset]:
    """The items of a dataset at random in parts of the given ``lengths``.

    Lengths that add up to 1 are parts of the whole. The order comes from ``generator``, one of
    NumPy's, or else from ``autograd.manual_seed``. Raises ValueError for lengths that do not
    add up to either, TypeError for another ``generator``.

    >>> [len(part) for part in random_split(range(10), [0.75, 0.25])]
    [8, 2]
    """
    n = len(dataset)
    if math.isclose(sum(lengths), 1) and all(0 <= part <= 1 for part in lengths):
        sizes = [math.floor(n * part) for part in lengths]
        for i in range(n - sum(sizes)):
            sizes[i % len(sizes)] += 1
    else:
        sizes = [int(size) for size in lengths]
        if sizes != list(lengths):
            sizes = []
    if sum(sizes) != n or min(sizes, default=0) < 0:
        raise ValueError(
            f"random_split: {list(lengths)} must add up to {n}, in whole items, or to 1"
        )
    order = (checked("random_split", generator) or autograd.generator()).permutation(n)
    ends = np.cumsum(sizes)
    return [Subset(dataset, order[end - size : end]) for end, size in zip(ends, sizes)]
