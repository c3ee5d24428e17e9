"""nn.data against torch.utils.data, where the order is not random; and the order where it is."""

from collections import Counter, OrderedDict, defaultdict, namedtuple
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pytest

import autograd
import nn.data

from .oracles import torch

LIBS = [(autograd, nn.data), (torch, torch.utils.data)]


def listed(batch):
    """A batch as nested lists."""
    if isinstance(batch, Mapping):
        return {key: listed(x) for key, x in batch.items()}
    return [listed(x) for x in batch] if isinstance(batch, list | tuple) else batch.tolist()


class Squares:
    """A dataset as people write one; ``item`` makes the items."""

    def __init__(self, item, n=5):
        self.item = item
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        if i >= self.n:
            raise IndexError
        return self.item(i)


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
def test_batches_in_order_as_torch(size, drop_last):
    runs = []
    for lib, data in LIBS:
        x = lib.tensor(np.arange(10.0).reshape(5, 2))
        dataset = data.TensorDataset(x, lib.tensor(np.arange(5)))
        loader = data.DataLoader(dataset, batch_size=size, drop_last=drop_last)
        runs.append((len(dataset), listed(dataset[3]), len(loader), [listed(b) for b in loader]))
        assert runs[-1][3] == [listed(b) for b in loader]  # a second time
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    "item",
    [
        lambda lib: lambda i: (lib.tensor([i, i * i]), i),
        lambda lib: lambda i: i * 0.5,
        lambda lib: lambda i: np.full((2, 1), i),
        lambda lib: lambda i: {"x": lib.tensor(float(i)), "y": (i, np.float64(i))},
        lambda lib: lambda i: [bool(i % 2), lib.tensor([[1]])],
    ],
)
def test_datasets_of_ones_own_as_torch(item):
    runs = []
    for lib, data in LIBS:
        runs.append([listed(b) for b in data.DataLoader(Squares(item(lib)), batch_size=2)])
        runs[-1] += [listed(b) for b in data.DataLoader(data.Subset(Squares(item(lib)), [4, 0]))]
    assert runs[0] == runs[1]


def test_a_tensor_and_a_list_are_datasets():
    x = autograd.arange(6).reshape(3, 2)
    assert [b.tolist() for b in nn.data.DataLoader(x, 2)] == [[[0, 1], [2, 3]], [[4, 5]]]
    (batch,) = nn.data.DataLoader([1.0, 2.0], batch_size=4)
    assert batch.tolist() == [1.0, 2.0] and batch.dtype == autograd.float32


def orders(loader, times=2):
    return [[i for batch in loader for i in batch.tolist()] for _ in range(times)]


def test_shuffling_is_seeded_and_each_pass_is_another():
    dataset = autograd.arange(50)
    loader = nn.data.DataLoader(dataset, batch_size=7, shuffle=True)
    autograd.manual_seed(3)
    first = orders(loader)
    autograd.manual_seed(3)
    assert orders(loader) == first and first[0] != first[1]
    assert sorted(first[0]) == sorted(first[1]) == list(range(50))
    own = [orders(nn.data.DataLoader(dataset, 7, True, generator=np.random.default_rng(1)))
           for _ in range(2)]  # fmt: skip
    assert own[0] == own[1] != first


@pytest.mark.filterwarnings("ignore:Length of split")
@pytest.mark.parametrize("n", [1, 10, 11, 1797])
@pytest.mark.parametrize("lengths", [[0.8, 0.2], [0.5, 0.3, 0.2], [1 / 3] * 3, [1.0]])
def test_random_split_has_torchs_sizes(n, lengths):
    ours = nn.data.random_split(range(n), lengths)
    theirs = torch.utils.data.random_split(range(n), lengths)
    assert list(map(len, ours)) == list(map(len, theirs))
    together = [part[i] for part in ours for i in range(len(part))]
    assert sorted(together) == list(range(n)) and (together != list(range(n)) or n == 1)


def test_random_split_is_seeded_and_splits_again():
    data = nn.data.TensorDataset(autograd.arange(20), autograd.arange(20) * 2)
    autograd.manual_seed(0)
    train = nn.data.random_split(data, [15, 5])[0]
    autograd.manual_seed(0)
    assert (nn.data.random_split(data, [15, 5])[0].indices == train.indices).all()
    x, y = train[:]
    assert x.shape == (15,) and (y == 2 * x).all() and (x.data == train.indices).all()
    more, _ = nn.data.random_split(train, [7, 8], generator=np.random.default_rng(0))
    (batch,) = nn.data.DataLoader(more, batch_size=7)
    assert set(batch[0].tolist()) <= set(train.indices.tolist())
    assert batch[0].tolist() == [more[i][0].item() for i in range(7)]
    assert len(nn.data.random_split(range(1), [1])[0]) == 1
    assert [len(part) for part in nn.data.random_split(range(1), [0.5, 0.5])] == [1, 0]
    assert len(nn.data.random_split([], [])) == 0


@pytest.mark.parametrize(
    "fault, message",
    [
        (lambda: nn.data.DataLoader([1], batch_size=0), "batch_size must be an integer above 0"),
        (lambda: nn.data.DataLoader([1], batch_size=2.0), "batch_size must be an integer above 0"),
        (lambda: nn.data.DataLoader([1], num_workers=2), "num_workers must be 0 .*, got 2 and"),
        (lambda: nn.data.DataLoader([1], pin_memory=True), "pin_memory False, got 0 and True"),
        (lambda: nn.data.DataLoader([1], shuffle=True, sampler=[0]), "leave out shuffle"),
        (lambda: nn.data.TensorDataset(), "one length, got shapes"),
        (lambda: nn.data.TensorDataset(autograd.ones(2), autograd.ones(3)), r"\(2,\), \(3,\)"),
        (lambda: nn.data.TensorDataset(autograd.tensor(1.0)), r"got shapes \[\(\)\]"),
        (lambda: nn.data.random_split(range(5), [3, 3]), r"\[3, 3\] must add up to 5"),
        (lambda: nn.data.random_split(range(5), [6, -1]), "must add up"),
        (lambda: nn.data.random_split(range(5), [0.5, 0.6]), "or to 1"),
        (lambda: nn.data.random_split(range(9), [2.5, 2.5, 4]), "in whole items"),
        (lambda: batches([np.ones(2), np.ones(3)]), r"one form to be stacked, got \(2,\), \(3,\)"),
        (lambda: batches([(1, 2), (3,)]), "got 2 parts, 1 parts"),
        (lambda: batches([{"x": 1}, {"y": 1}]), "got {'x'}, {'y'}"),
        (lambda: batches([1, "two"]), "one form"),
    ],
)
def test_what_cannot_be_meant_is_refused(fault, message):
    with pytest.raises(ValueError, match=message):
        fault()


def batches(items):
    return list(nn.data.DataLoader(items, batch_size=2))


@pytest.mark.parametrize(
    "fault, message",
    [
        (lambda: nn.data.DataLoader([1], generator=0), "default_rng.*got 0"),
        (lambda: nn.data.random_split([1], [1], generator=0), "default_rng.*got 0"),
        (lambda: nn.data.Subset([1, 2], np.array([True, False])), "integers, got bool"),
        (lambda: nn.data.Subset([1, 2], [0.5]), "integers, got float64"),
        (lambda: list(nn.data.DataLoader([1, 2], sampler=[0.5])), "integers, got float64"),
        (lambda: nn.data.DataLoader([1], 1, False, [0]), "positional"),
        (lambda: nn.data.TensorDataset(np.ones(2)), "needs Tensors, got ndarray"),
    ],
)
def test_what_is_of_another_type_is_refused(fault, message):
    with pytest.raises(TypeError, match=message):
        fault()


def test_a_subclass_that_makes_its_own_items_is_asked_for_each_as_in_torch():
    runs = []
    for lib, data in LIBS:

        class Doubled(data.TensorDataset):
            def __getitem__(self, index):
                (x,) = super().__getitem__(index)
                return (2 * x, f"number {index}")

        parts = data.Subset(data.Subset(Doubled(lib.arange(6)), [4, 2, 0]), [2, 1])
        for dataset in (Doubled(lib.arange(6)), parts):
            loader = data.DataLoader(dataset, batch_size=2)
            runs.append([(x.tolist(), list(names)) for x, names in loader])
    assert runs[:2] == runs[2:]
    assert runs[1] == [([0, 4], ["number 0", "number 2"])]


def test_a_subset_that_makes_its_own_items_is_asked_for_each():
    class Moved(nn.data.Subset):
        def __getitem__(self, index):
            (x,) = super().__getitem__(index)
            return x + 1

    moved = Moved(nn.data.TensorDataset(autograd.arange(6)), [4, 2, 0])
    assert [x.tolist() for x in nn.data.DataLoader(moved, batch_size=3)] == [[5, 3, 1]]


Pair = namedtuple("Pair", "x y")


@pytest.mark.parametrize(
    "item",
    [
        lambda i: Pair(i, [i, 2 * i]),
        lambda i: [i, 2 * i],
        lambda i: OrderedDict(y=i, x=(i,)),
        lambda i: defaultdict(list, x=i),
        lambda i: Counter("a" * i + "b"),
        lambda i: {"x": Pair(i, i)},
        lambda i: MappingProxyType({"x": i}),
    ],
)
def test_a_batch_has_the_type_of_its_items_as_torchs(item):
    items = [item(1), item(2)]
    runs = [next(iter(data.DataLoader(items, batch_size=2))) for _, data in LIBS]
    assert kinds(runs[0]) == kinds(runs[1]) and listed(runs[0]) == listed(runs[1])
    assert items == [item(1), item(2)]


def kinds(batch):
    """The types of a batch and of all in it; torch makes lists of tuples."""
    kind = {tuple: list, torch.Tensor: autograd.Tensor}
    inner = batch.values() if isinstance(batch, Mapping) else batch
    inner = [kinds(x) for x in inner] if isinstance(batch, Mapping | tuple | list) else []
    return kind.get(type(batch), type(batch)), inner


def test_a_tuple_stays_a_tuple():
    assert isinstance(next(iter(nn.data.DataLoader([(1, 2)]))), tuple)


@pytest.mark.parametrize(
    "settings",
    [
        {"sampler": [3, 1, 1]},
        {"sampler": [], "drop_last": True},
        {"sampler": [4, 2, 0], "drop_last": True},
        {"collate_fn": lambda items: items[::-1]},
        {"collate_fn": len, "sampler": [0, 2, 4]},
        {"num_workers": 0, "pin_memory": False, "shuffle": None},
    ],
)
def test_settings_by_name_as_torch(settings):
    runs = []
    for _, data in LIBS:
        loader = data.DataLoader(Squares(lambda i: i * i), batch_size=2, **settings)
        found = [x.tolist() if hasattr(x, "tolist") else x for x in loader]
        runs.append((len(loader), found))
    assert runs[0] == runs[1]


def test_a_dataset_to_derive_from_as_torchs():
    runs = []
    for _, data in LIBS:

        class Squares(data.Dataset):
            def __init__(self, n):
                self.n = n

            def __len__(self):
                return self.n

            def __getitem__(self, index):
                return index, index**2

        runs.append([listed(b) for b in data.DataLoader(Squares(3), batch_size=2)])
        assert isinstance(Squares(3), data.Dataset) and issubclass(data.Subset, data.Dataset)
        assert issubclass(data.TensorDataset, data.Dataset)
        with pytest.raises(NotImplementedError):
            data.Dataset()[0]
    assert runs[0] == runs[1]
    with pytest.raises(NotImplementedError, match="Dataset has no __len__"):
        len(nn.data.Dataset())


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("n, size", [(10**17 + 1, 10**17), (2**53 + 1, 1), (6, 3), (0, 3)])
def test_batches_are_counted_in_whole_numbers(n, size, drop_last):
    """torch divides floats, and has 2**53 for the second."""
    found = len(nn.data.DataLoader(range(n), size, drop_last=drop_last))
    assert found == n // size + (n % size > 0 and not drop_last)
