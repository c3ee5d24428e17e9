"""demos/digits.py as a person runs it, and with torch's imports."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import autograd

from .oracles import torch

PATH = Path(__file__).parent.parent / "demos" / "digits.py"
spec = importlib.util.spec_from_file_location("digits", PATH)
digits = importlib.util.module_from_spec(spec)
spec.loader.exec_module(digits)


def accuracy(capsys):
    return float(capsys.readouterr().out.split("test accuracy")[1].split()[0])


def test_it_learns_and_writes_its_picture(tmp_path, capsys):
    digits.main(["--out", str(tmp_path / "new" / "folder")])
    assert accuracy(capsys) > 0.95
    with Image.open(tmp_path / "new" / "folder" / "digits.png") as picture:
        assert picture.size == (1560, 720)


def test_the_convolutions_are_right_on_more_than_97_of_100(tmp_path, capsys):
    # Within a minute on one core: it takes some five seconds.
    digits.main(["--cnn", "--epochs=12", "--out", str(tmp_path)])
    assert accuracy(capsys) > 0.97


TORCHS = {
    "import autograd\n": "import torch as autograd\n",
    "import nn\n": "from torch import nn\n",
    "from nn import functional as F\n": "from torch.nn import functional as F\n",
    "from nn import optim\n": "from torch import optim\n",
    "from nn.data import ": "from torch.utils.data import ",
}


def by_torch():
    """The same script with torch's imports."""
    torch.zeros(1)  # or skip
    text = PATH.read_text()
    for ours, theirs in TORCHS.items():
        assert text.count(ours) == 1
        text = text.replace(ours, theirs)
    space = {"__name__": "digits_by_torch"}
    exec(compile(text, "digits_by_torch.py", "exec"), space)
    return SimpleNamespace(**space)


@pytest.mark.parametrize("cnn", [False, True])
def test_the_same_script_by_torch_gives_the_same_losses(cnn):
    """From the same weights, on the same batches, without dropout.

    The bound on each of 69 losses is 1e-5 of it; 3e-7 is what they differ by. Both compute in
    float32, and sum in different orders.
    """
    rng = np.random.default_rng(0)
    pixels, labels = digits.load_digits(return_X_y=True)
    pixels = (pixels / 16).astype("f4").reshape(-1, 1, 8, 8)
    order = rng.permutation(len(labels))
    autograd.manual_seed(0)
    start = digits.build(cnn, 0.0).state_dict()
    runs = []
    for lib, script in ((autograd, digits), (torch, by_torch())):
        model = script.build(cnn, 0.0)
        model.load_state_dict({name: lib.tensor(x.numpy()) for name, x in start.items()})
        pairs = [
            (lib.tensor(pixels[i]), lib.tensor(labels[i])) for i in np.split(order[: 23 * 64], 23)
        ]
        losses, curves = script.train(model, pairs, pairs[:1], epochs=3, lr=3e-3)
        runs.append((losses, np.ravel(curves)))
    assert len(runs[0][0]) == 69
    np.testing.assert_allclose(runs[0][0], runs[1][0], rtol=1e-5)
    np.testing.assert_allclose(runs[0][1], runs[1][1], rtol=1e-5)
    assert runs[0][0][-1] < 0.5 * runs[0][0][0]


class BarWithCtrlC:
    """In the place of tqdm's bar: two epochs, then Ctrl-C."""

    def __init__(self, epochs, **settings):
        pass

    def __iter__(self):
        yield from range(2)
        raise KeyboardInterrupt

    def set_postfix_str(self, text):
        pass


def test_ctrl_c_keeps_what_was_trained(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(digits, "trange", BarWithCtrlC)
    with pytest.raises(SystemExit) as stopped:
        digits.main(["--epochs=5", "--out", str(tmp_path)])
    printed = capsys.readouterr().out
    assert stopped.value.code == 130 and "Ctrl-C: stopped after 2 of 5 epochs" in printed
    assert (tmp_path / "digits.png").exists()


@pytest.mark.parametrize(
    "options",
    [["--epochs=0"], ["--lr=inf"], ["--lr=nan"], ["--lr=-1"], ["--seed=-1"], ["--out", str(PATH)]],
)
def test_bad_options_get_one_clear_line(options, capsys):
    with pytest.raises(SystemExit) as stopped:
        digits.main(options)
    assert stopped.value.code == 2
    assert "above 0 and finite" in capsys.readouterr().err.splitlines()[-1]


def test_it_is_short():
    assert len(PATH.read_text().splitlines()) < 120
