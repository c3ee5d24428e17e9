"""nn.save and nn.load: what a file holds, where it goes, what is refused."""

import os
import stat

import numpy as np
import pytest
from safetensors.numpy import save_file as save_arrays

import autograd
import nn

from .oracles import torch


def save_file(tensors, path):
    """What torch's users write."""
    from safetensors import torch as theirs

    theirs.save_file(tensors, path)


STATE = {"w": autograd.tensor([1.0, 2.0])}


def test_bfloat16_comes_as_float32(tmp_path):
    values = torch.tensor([1.0, -0.001, 3e38, float("inf"), float("nan")]).to(torch.bfloat16)
    save_file({"w": values, "v": torch.ones(2, dtype=torch.int16)}, tmp_path / "f")
    loaded = nn.load(tmp_path / "f")
    np.testing.assert_array_equal(loaded["w"].data, values.float().numpy())
    assert loaded["w"].dtype == autograd.float32 and loaded["v"].dtype == "int16"


@pytest.mark.parametrize("name", ["float8_e4m3fn", "float8_e5m2", "complex64"])
def test_numbers_that_are_not_real_or_not_numpys_are_refused(tmp_path, name):
    save_file({"w": torch.ones(2).to(getattr(torch, name))}, tmp_path / "f")
    with pytest.raises(ValueError, match=r"holds (F8_E4M3|F8_E5M2|C64), which .* convert it"):
        nn.load(tmp_path / "f")


DTYPES = ["float16", "float32", "float64", "bool", "uint8", "uint16", "uint32", "uint64",
          "int8", "int16", "int32", "int64"]  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (2, 3), (0, 3)])
def test_every_dtype_and_shape_comes_back(tmp_path, dtype, shape):
    x = autograd.from_numpy(np.full(shape, 1).astype(dtype))
    nn.save({"x": x, "": x}, tmp_path / "f")
    back = nn.load(tmp_path / "f")
    for y in back.values():
        assert y.shape == shape and y.dtype == dtype
        np.testing.assert_array_equal(y.data, x.data)
        y.data[...] = 0  # it can be written to
        assert y.data.base is None or shape == ()


def test_nothing_to_save(tmp_path):
    nn.save({}, tmp_path / "f")
    assert nn.load(tmp_path / "f") == {}


@pytest.mark.parametrize(
    "state, error, message",
    [
        ({"__metadata__": STATE["w"]}, ValueError, "keeps the name '__metadata__'"),
        ({1: STATE["w"]}, TypeError, "1 is a Tensor; names are str"),
        ({"w": 1.0}, TypeError, "'w' is a float; names are str, values Tensors"),
        ([STATE["w"]], TypeError, "needs a dict of Tensors"),
    ],
)  # fmt: skip
def test_what_cannot_be_saved_leaves_the_file_alone(tmp_path, state, error, message):
    nn.save(STATE, tmp_path / "f")
    with pytest.raises(error, match=message):
        nn.save(state, tmp_path / "f")
    assert nn.load(tmp_path / "f")["w"].tolist() == [1.0, 2.0]
    assert os.listdir(tmp_path) == ["f"]


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_files_have_the_mode_of_other_files(tmp_path):
    (tmp_path / "other").write_bytes(b"")
    nn.save(STATE, tmp_path / "f")
    assert mode(tmp_path / "f") == mode(tmp_path / "other")
    (tmp_path / "f").chmod(0o640)
    nn.save(STATE, tmp_path / "f")
    assert mode(tmp_path / "f") == 0o640


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "folder").mkdir()
    real, link = tmp_path / "folder" / "real", tmp_path / "link"
    link.symlink_to(real)
    for _ in range(2):
        nn.save(STATE, link)
        assert link.is_symlink() and not real.is_symlink()
        assert nn.load(link)["w"].tolist() == nn.load(real)["w"].tolist() == [1.0, 2.0]


def test_a_folder_that_is_not_there_and_one_in_the_place_of_a_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*missing; make it first"):
        nn.save(STATE, tmp_path / "missing" / "f")
    with pytest.raises(IsADirectoryError):
        nn.save(STATE, tmp_path)
    with pytest.raises(IsADirectoryError, match="is a folder; name the file in it"):
        nn.load(tmp_path)
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "missing")


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    nn.save(STATE, tmp_path / "f")

    def full(self, data):
        with open(self, "wb") as file:
            file.write(data[:5])
        raise OSError("no space left")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OSError, match="no space left"):
        nn.save({"w": autograd.zeros(5)}, tmp_path / "f")
    assert os.listdir(tmp_path) == ["f"] and nn.load(tmp_path / "f")["w"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04", b"\x02\0\0\0\0\0\0\0{}x", b"\x02\0\0\0\0\0\0\0[]", b"\xff" * 40],
)
def test_what_is_no_safetensors_file(tmp_path, data):
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(ValueError, match="is not a whole safetensors file"):
        nn.load(tmp_path / "f")


def test_words_beside_the_tensors_are_no_tensors(tmp_path):
    save_arrays({"w": np.ones(2)}, tmp_path / "f", metadata={"format": "pt"})
    assert list(nn.load(tmp_path / "f")) == ["w"]
