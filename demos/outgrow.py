"""Train on digits with JAX what is defined here: on one device, on many, and in many processes.

The network and its loss are written with nn and recorded once; `to_source` makes them one function
of arrays, forward and backward, and JAX runs that. Each device gets its share of every batch, and
each keeps all parameters: XLA sees that a gradient is a sum over the batch, and puts in the
all-reduce that adds up the shares.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from sklearn.datasets import load_digits

import autograd
import nn

BOUND = 1e-5  # between losses (float32) of any two runs: they add up in another order
PARAMETERS = ("weight1", "bias1", "scale", "shift", "weight2", "bias2")


def digits(batch):
    """Batches of images and of labels, and what is left over to test with."""
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    X, y = (X[order] / 16).astype(np.float32), y[order]
    n = 1500 // batch * batch
    return X[:n].reshape(-1, batch, 64), y[:n].reshape(-1, batch), X[n:], y[n:]


def network():
    autograd.manual_seed(0)
    return nn.Sequential(nn.Linear(64, 128), nn.LayerNorm(128), nn.ReLU(), nn.Linear(128, 10))


def record(model, X, y):
    """The loss of a batch and its gradients as the text of one function."""
    X, y = autograd.tensor(X), autograd.tensor(y)
    names = {"X": X, "y": y, **dict(zip(PARAMETERS, model.parameters()))}
    with autograd.record_source():
        loss = nn.functional.cross_entropy(model(X), y)
    return autograd.to_source(loss, wrt=list(model.parameters()), names=names)


def train_here(model, X, y, args):
    """The losses of moongrad itself."""
    optimizer = nn.optim.SGD(model.parameters(), lr=args.lr)
    losses = []
    for i in range(args.steps):
        images, labels = (autograd.tensor(a[i % len(a)]) for a in (X, y))
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def train(devices, args):
    """Train on these devices: losses, samples per second, all-reduces in a step; the parameters."""
    X, y, _, _ = digits(args.batch)
    model = network()
    loss_and_gradients = record(model, X[0], y[0]).function(jnp)

    def step(parameters, X, y):
        loss, *gradients = loss_and_gradients(X=X, y=y, **dict(zip(PARAMETERS, parameters)))
        return [p - args.lr * g for p, g in zip(parameters, gradients)], loss

    mesh = Mesh(np.array(devices), ("data",))
    by_rows = NamedSharding(mesh, PartitionSpec("data"))  # each device has its rows of a batch,
    everywhere = NamedSharding(mesh, PartitionSpec())  # and all of each parameter

    def put(array, sharding):  # each process puts the parts of its own devices
        return jax.make_array_from_callback(array.shape, sharding, lambda part: array[part])

    parameters = [put(p.data, everywhere) for p in model.parameters()]
    batches = [[put(a, by_rows) for a in pair] for pair in zip(X, y)]
    step = jax.jit(step, out_shardings=everywhere).lower(parameters, *batches[0]).compile()
    losses = []
    start = time.perf_counter()
    for i in range(args.steps):
        # Devices made of one CPU share its threads: steps that overlap could wait for each other.
        parameters, loss = jax.block_until_ready(step(parameters, *batches[i % len(batches)]))
        losses.append(float(loss))
    speed = args.batch * args.steps / (time.perf_counter() - start)
    return (losses, speed, step.as_text().count(" all-reduce(")), parameters


def work(args):
    """One of several processes, which together train on all their devices."""
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(args.address, args.processes, args.worker)
    report, _ = train(jax.devices(), args)
    if args.worker == 0:
        print(json.dumps(report))


def train_in_processes(args):
    """Start the processes on this machine; what the first one reports."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, __file__, *sys.argv[1:], "--address", address, "--worker"]
    how = {"env": {**os.environ, "JAX_PLATFORMS": "cpu"}, "stdout": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen([*command, str(i)], **how) for i in range(args.processes)]
    try:
        printed = [worker.communicate(timeout=300)[0] for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    if any(worker.returncode for worker in workers):
        sys.exit("a process failed: see above")
    return json.loads(printed[0].splitlines()[-1])


def is_one(curves):
    """Say whether the losses of all runs agree."""
    apart = np.ptp(np.array(list(curves.values())), axis=0).max()
    said = "one curve" if apart <= BOUND else "NOT one curve"
    print(f"{', '.join(curves)}: {said}, at most {apart:.1e} apart (bound {BOUND})")
    return apart <= BOUND


def main():
    args = parse()
    jax.config.update("jax_num_cpu_devices", args.devices)
    jax.config.update("jax_default_matmul_precision", "highest")  # GPUs would round to TF32
    if args.worker is not None:
        return work(args)
    model, devices = network(), jax.devices()
    X, y, test_X, test_y = digits(args.batch)
    curves = {"moongrad": train_here(model, X, y, args)}
    reports = {"one device": train(devices[:1], args)[0]}
    reports[f"{len(devices)} devices"], parameters = train(devices, args)
    if args.processes > 1:
        reports[f"{args.processes} processes"] = train_in_processes(args)
    for name, (losses, speed, reduces) in reports.items():
        curves[name] = losses
        print(f"{name:12} {speed:9,.0f} samples per second, {reduces} all-reduce in a step")
    model.load_state_dict(dict(zip(model.state_dict(), map(np.asarray, parameters))))
    correct = (model(autograd.tensor(test_X)).argmax(1).numpy() == test_y).mean()
    print(f"accuracy     {correct:.3f} of {len(test_y)} other digits, with the weights back here")
    print(f"loss         {losses[0]:.4f} to {losses[-1]:.4f}")
    sys.exit(0 if is_one(curves) else 1)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--steps", type=int, default=200, help="gradient steps (200)")
    add("--batch", type=int, default=240, help="digits in a step, of all devices together (240)")
    add("--lr", type=float, default=0.1, help="learning rate (0.1)")
    add("--devices", type=int, default=4, help="to make of the CPU, where there is no GPU (4)")
    add("--processes", type=int, default=1, help="train in as many on this CPU, too (1: do not)")
    add("--worker", type=int, help=argparse.SUPPRESS)  # which of the processes this is
    add("--address", help=argparse.SUPPRESS)  # where they meet
    args = parser.parse_args()
    shares = args.devices * args.processes
    if min(args.steps, args.devices, args.processes) < 1:
        parser.error("--steps, --devices and --processes must be 1 or more")
    if not 0 < args.batch <= 1500 or args.batch % shares:
        parser.error(f"--batch must be at most 1500, and {shares} shares of the same size")
    return args


if __name__ == "__main__":
    main()
