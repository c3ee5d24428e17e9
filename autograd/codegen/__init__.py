"""Text and programs made of recorded graphs: ``autograd.to_source`` and ``autograd.compile``.

The engine's own rules are run on stand-ins that write down what is done to them: nothing here
knows a derivative. In the order of reading:

- ``trace.py``: arrays that write down NumPy calls
- ``recording.py``: the rules of a graph run on them, forward and backward
- ``spelling.py``: a call as a syntax tree
- ``expressions.py``: calls as expressions, simplified
- ``helpers.py``: the source of rules that are called as a whole
- ``printer.py``: the text of a backward pass, ``to_source``
- ``program.py``: the same calls as statements that write into kept memory
- ``update.py``: the rule of an optimizer, appended to a recording
- ``watch.py``: what a function must not do while it is recorded
- ``compiled.py``: ``compile``, which records a function and runs its program
"""
