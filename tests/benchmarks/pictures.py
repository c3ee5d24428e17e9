"""Draw the eight networks with moongrad, torchviz, torchview and TorchLens, and compare sizes.

``python -m tests.benchmarks.pictures``: the pictures go to ``bench_out/pictures``. Needs the
extra ``bench`` and a ``dot`` program.
"""

import argparse
import re
import warnings
from pathlib import Path
from typing import Any

import autograd
import nn
import viz
from tests.networks import NETWORKS


def ours(network: Any, path: Path) -> None:
    """Our picture, with its default settings."""
    autograd.manual_seed(0)
    model, inputs = network(autograd, nn, nn.functional)
    with autograd.record_source():
        loss = model.loss(**inputs)
    graph = viz.draw(loss, names={"loss": loss, **inputs, "model": model})
    for format in ("svg", "png"):
        graph.render(outfile=path.with_suffix(f".{format}"), cleanup=True)


def torchviz(network: Any, path: Path) -> None:
    import torchviz

    model, inputs = of_torch(network)
    parameters = dict(model.model.named_parameters())
    picture = torchviz.make_dot(model(*inputs.values()), params=parameters)
    for format in ("svg", "png"):
        picture.render(path, format=format, cleanup=True)


def torchview(network: Any, path: Path) -> None:
    import torchview

    model, inputs = of_torch(network)
    picture = torchview.draw_graph(model, list(inputs.values()), expand_nested=True, depth=5)
    for format in ("svg", "png"):
        picture.visual_graph.render(path, format=format, cleanup=True)


def torchlens(network: Any, path: Path) -> None:
    import torchlens

    model, inputs = of_torch(network)
    trace = torchlens.trace(model, list(inputs.values()))
    for format in ("svg", "png"):
        trace.draw(vis_outpath=str(path), vis_fileformat=format, vis_save_only=True)


def of_torch(network: Any) -> tuple[Any, dict[str, Any]]:
    """The same network by torch, in a module whose forward computes the loss."""
    import torch

    class Loss(torch.nn.Module):
        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model = model

        def forward(self, *inputs: Any) -> Any:
            return self.model.loss(*inputs)

    torch.manual_seed(0)
    model, inputs = network(torch, torch.nn, torch.nn.functional)
    return Loss(model), inputs


def size(svg: Path) -> tuple[int, int]:
    """Width and height of a picture in pixels."""
    found = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', svg.read_text(encoding="utf-8"))
    assert found is not None
    return round(float(found[1]) * 4 / 3), round(float(found[2]) * 4 / 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("bench_out/pictures"))
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    tools = [ours, torchviz, torchview, torchlens]
    print("| width x height, px |", " | ".join(tool.__name__ for tool in tools), "|")
    print("|---" * (1 + len(tools)) + "|")
    warnings.simplefilter("ignore")
    for network in NETWORKS:
        cells = []
        for tool in tools:
            path = out / f"{network.__name__}_{tool.__name__}"
            try:
                tool(network, path)
                cells.append("{} x {}".format(*size(path.with_suffix(".svg"))))
            except Exception as error:
                cells.append(f"fails: {type(error).__name__}")
        print("|", network.__name__, "|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
