"""no_grad, enable_grad, set_grad_enabled: blocks, decorators, generators, plain calls."""

import threading

import pytest

import autograd

from .oracles import torch

LIBRARIES = pytest.mark.parametrize("m", [autograd, torch], ids=["ours", "torch"])


@pytest.fixture(autouse=True)
def recording_again():
    yield
    for m in (autograd, torch):
        m.set_grad_enabled(True)


@LIBRARIES
@pytest.mark.parametrize("switch", ["no_grad", "no_grad()", "set_grad_enabled(False)"])
def test_a_decorated_function_does_not_record(m, switch):
    @eval(f"m.{switch}", {"m": m})
    def double(x):
        """Twice."""
        return (2 * x).requires_grad

    assert m.is_grad_enabled()
    x = m.tensor(1.0, requires_grad=True)
    assert double(x) is False and m.is_grad_enabled()
    assert double(x) is False and (2 * x).requires_grad
    assert (double.__name__, double.__doc__) == ("double", "Twice.")


@LIBRARIES
@pytest.mark.parametrize("name", ["no_grad", "enable_grad"])
def test_a_decorated_generator_switches_while_it_runs(m, name):
    inside = name == "enable_grad"
    m.set_grad_enabled(not inside)

    @getattr(m, name)()
    def states(first):
        got = yield first, m.is_grad_enabled()
        while got != "end":
            try:
                got = yield got, m.is_grad_enabled()
            except KeyError as error:
                got = yield type(error).__name__, m.is_grad_enabled()
        return m.is_grad_enabled()

    body = states("first")
    assert next(body) == ("first", inside) and m.is_grad_enabled() is not inside
    assert body.send("sent") == ("sent", inside) and m.is_grad_enabled() is not inside
    assert body.throw(KeyError) == ("KeyError", inside) and m.is_grad_enabled() is not inside
    assert body.send(3) == (3, inside)
    with pytest.raises(StopIteration) as end:
        body.send("end")
    assert end.value.value is inside and m.is_grad_enabled() is not inside
    with pytest.raises(ZeroDivisionError):
        other = states("x")
        next(other)
        other.throw(ZeroDivisionError)
    assert m.is_grad_enabled() is not inside


@LIBRARIES
def test_a_generator_that_is_left_is_closed_in_its_mode(m):
    closed = []

    @m.no_grad()
    def states():
        try:
            yield 1
        finally:
            closed.append(m.is_grad_enabled())

    for _ in states():
        break
    body = states()
    next(body)
    body.close()
    assert closed[-1] is False and m.is_grad_enabled()


@LIBRARIES
def test_a_plain_call_switches_from_there_on(m):
    x = m.tensor(1.0, requires_grad=True)
    m.set_grad_enabled(False)
    assert not (2 * x).requires_grad and not m.is_grad_enabled()
    with m.set_grad_enabled(True):
        assert (2 * x).requires_grad
    assert not m.is_grad_enabled()
    with m.enable_grad(), m.no_grad():
        assert not m.is_grad_enabled()
    m.set_grad_enabled(True)
    assert (2 * x).requires_grad
    switch = m.set_grad_enabled(False)
    with switch:
        assert not m.is_grad_enabled()
    assert m.is_grad_enabled()


@LIBRARIES
def test_blocks_end_with_an_exception_and_may_be_nested(m):
    switch = m.no_grad()
    with pytest.raises(KeyError), switch:
        with m.enable_grad():
            assert m.is_grad_enabled()
        assert not m.is_grad_enabled()
        raise KeyError
    assert m.is_grad_enabled()


def test_a_function_that_recurses_and_threads_of_their_own():
    @autograd.no_grad()
    def down(n):
        assert not autograd.is_grad_enabled()
        return down(n - 1) if n else threading_state()

    def threading_state():
        seen = []
        thread = threading.Thread(target=lambda: seen.append(autograd.is_grad_enabled()))
        thread.start()
        thread.join()
        return seen[0]

    assert down(3) is True and autograd.is_grad_enabled()


def test_what_cannot_be_decorated_says_so():
    async def later():
        return 1

    async def stream():
        yield 1

    for odd in (later, stream):
        for switch in (autograd.no_grad(), autograd.enable_grad, autograd.set_grad_enabled(False)):
            with pytest.raises(TypeError, match="async function"):
                switch(odd)
    for odd in (int, 3, "name"):
        with pytest.raises(TypeError, match="no_grad: decorates functions"):
            autograd.no_grad()(odd)
    assert autograd.is_grad_enabled()
