"""How a change of a view is written into what it was taken from: for each op that gives views.

``x`` is what the view was taken from, ``value`` the view as it is now. A rule gives what makes the
``x`` of now: an op, its operands, its settings.
"""

from ..views import alias, written_by
from .indexing import _getitem, _setitem
from .rearrange import ON_DIAGONAL, _diagonal, diagonal_rows
from .shape import _expand, _permute, _reshape, _squeeze, _unsqueeze, back


@written_by(_getitem)
def write_item(x, value, *indices, index):
    return _setitem, (x, value, *indices), {"index": index}


@written_by(_diagonal)
def write_diagonal(x, value, *, offset):
    rows = diagonal_rows(x.shape, offset)
    return _setitem, (x, value, rows, rows + offset), {"index": ON_DIAGONAL}


@written_by(_permute)
def write_permuted(x, value, *, dims):
    return _permute, (value,), {"dims": back(dims)}


@written_by(_reshape)
@written_by(_squeeze)
@written_by(_unsqueeze)
@written_by(_expand)  # that of an enlarged one is refused before
def write_reshaped(x, value, **settings):
    return _reshape, (value,), {"shape": x.shape}


@written_by(alias)
def write_alias(x, value):
    return alias, (value,), {}
